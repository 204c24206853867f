"""Messages as MAPI properties (PST, Exchange) to RFC 5322 and back.

The message is made of the headers that came with it, or of the properties, and of its texts and attachments. The
residue is what `said_of` does not read out of that message again: exact by construction, and nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from transhumance.connectors.contract import (
    BytesBody,
    Context,
    Difference,
    Document,
    Finding,
    Opened,
    PropertyTable,
    Record,
    ResidueEntry,
    Returned,
    SkipItem,
    Text,
    Value,
    read_all,
)
from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.connectors.formats.mapi_residue import Said, completed, residue_of, usable, widened
from transhumance.connectors.formats.mapi_text import View as BlobView
from transhumance.migrators.mail.document import DOCUMENT, KIND, STANDARD
from transhumance.migrators.mail.forms import files, state, table
from transhumance.migrators.mail.forms.addresses import RECIPIENT, RECIPIENT_TOO, parse_addresses
from transhumance.migrators.mail.forms.back import computed, id_flags, reshape, said_of, shape
from transhumance.migrators.mail.forms.copies import copies_hint
from transhumance.migrators.mail.forms.delta import apply_lines, lines_delta
from transhumance.migrators.mail.forms.headers import BCC, CC, TO, Head, compose_head
from transhumance.migrators.mail.forms.inside import PATH, differences, flattened, unfolded
from transhumance.migrators.mail.forms.losses import findings
from transhumance.migrators.mail.forms.mime import assemble, take_apart
from transhumance.migrators.mail.forms.parts import Digests
from transhumance.migrators.mail.forms.rtfbody import contained, dictionary, packed, plainly, unpacked
from transhumance.migrators.mail.forms.secure import secured
from transhumance.migrators.mail.forms.texts import RTF, STORED, Texts, compose_texts
from transhumance.migrators.mail.forms.view import FilePart, TextPart, View

RTF_PATH = f"body:{RTF}"
_IDS = (RECIPIENT.entry_id, RECIPIENT_TOO.entry_id)
_ROW_IDS = "recipients/ids"


@dataclass(frozen=True, slots=True)
class MapiMessageCodec:
    """See the module."""

    kind: str = KIND
    form: str = "mapi"
    standard: str = STANDARD
    version: str = "2"
    table: PropertyTable = table.TABLE
    document_table: PropertyTable = DOCUMENT
    carries_residue: bool = False

    def to_open(self, record: Record, context: Context) -> Opened:
        """Raises `SkipItem` where a body can't be read."""
        record, inside, told_inside = flattened(record, context)
        directory = context.directory
        head = compose_head(record.properties, directory)
        made = _compose(record, head)
        meta = state.meta_of(record.properties)
        try:
            content = assemble(made.view)
            view = _entity_read(made.view, content)
        except OSError as error:
            raise SkipItem("GEN-READ-01", Text(str(error), str(error)), record.key) from None
        entries, large = _residue(record, view, meta, made.hints)
        told = tuple(findings(record, head, made.texts, context))
        if large:
            told += (Finding("MAIL-RTF-01", "too large to be kept"),)
        name = mapi.text(record.properties, mapi_tags.SUBJECT)[:120]
        return Opened(Document(KIND, STANDARD, meta, {"content": content}, name), entries + inside, told + told_inside)

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        """Raises `SkipItem` where the message can't be read."""
        return self.returned(document, residue, context, 0)

    def returned(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context, depth: int) -> Returned:
        """The same for a message that lies in so many others."""
        try:
            view = take_apart(document.bodies["content"])
        except OSError as error:
            raise SkipItem("GEN-READ-01", Text(str(error), str(error))) from None
        hints, kept, dropped = usable(residue, Digests(view, document.meta))
        said = said_of(view, document.meta, hints)
        if isinstance(steps := kept.pop(mapi_tags.TRANSPORT_HEADERS, None), Mapping):
            said.properties[mapi_tags.TRANSPORT_HEADERS] = _headers_back(view, steps)
        if RTF_PATH in kept and (rtf := unpacked(kept[RTF_PATH], dictionary(view))) is not None:
            del kept[RTF_PATH]
            said.bodies[RTF] = BytesBody.of(contained(rtf))
        inside = {path: kept.pop(path) for path in tuple(kept) if path.startswith(PATH)}
        later = {path: kept.pop(path) for path in (*_LATER, _ROW_IDS) if path in kept}
        first, unfit = completed(said, kept, _no_views)
        second, unfit_too = completed(Said(_later(computed(first.properties, hints))), later, _no_views)
        properties = _merged(first.properties, second.properties)
        lost = tuple(Finding("GEN-RESIDUE-01", path) for path in (*unfit, *unfit_too))
        record, more = unfolded(Record(b"", KIND, self.form, properties, first.bodies), inside, context, depth)
        return Returned(record, dropped + lost + more)

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        """By the table; see `table.compare`. Attached items by the codec of their kind."""
        return (*table.compare(a, b), *differences(a, b))


CODECS = (MapiMessageCodec(),)


# --- to the document


@dataclass(frozen=True, slots=True)
class _Made:
    view: View
    texts: Texts
    hints: dict[str, Value] = field(default_factory=dict)


def _compose(record: Record, head: Head) -> _Made:
    """The parts of the message, and what must be known to read them again."""
    hints: dict[str, Value] = {}
    if (special := secured(record, head.fields)) is not None:
        return _Made(special, Texts(), hints)
    texts = compose_texts(record)
    found = files.compose_files(record, texts.html.data if texts.html else None)
    ordered = sorted(found, key=lambda pair: not pair[1].inline)  # as they will stand in the message
    parts: list[FilePart] = [part for _, part in ordered]
    _place(hints, "files", [index for index, _ in ordered], table.rows(record.properties.get("attachments")))
    if texts.rtf is not None:
        parts.insert(0, files.rtf_part(texts.rtf))
        hints["own_rtf"] = True
    if texts.from_rtf:
        hints["rtf"] = texts.from_rtf
    if texts.recoded:
        hints["pages"] = dict(texts.recoded)
    nothing = texts.plain is None and texts.html is None and not parts
    plain = TextPart("us-ascii", b"") if nothing else texts.plain  # a message is never without a part
    return _Made(View(head.fields, plain, texts.html, tuple(parts)), texts, hints)


def _place(hints: dict[str, Value], name: str, indexes: list[int], rows: list[Mapping[str, Value]]) -> None:
    """The place of each row's part, where they are not in order, one each."""
    if indexes != list(range(len(rows))):
        places = {index: place for place, index in enumerate(indexes)}
        hints[name] = tuple(places.get(index, -1) for index in range(len(rows)))


def _entity_read(view: View, content: object) -> View:
    """A signed content's texts are read out of it, as they will be on the way back."""
    if view.entity is None:
        return view
    again = take_apart(content)  # type: ignore[arg-type]
    return replace(again, entity=view.entity)


# --- the residue


def _residue(
    record: Record, view: View, meta: Mapping[str, Value], hints: dict[str, Value]
) -> tuple[tuple[ResidueEntry, ...], tuple[str, ...]]:
    actual, narrow = widened(record)
    stripped = _stripped(actual)
    _hint(stripped, view, hints)
    transport = stripped.properties.pop(mapi_tags.TRANSPORT_HEADERS, None)
    ids: dict[str, Value] = {p: stripped.properties.pop(p) for p in (*_LATER, _ROW_IDS) if p in stripped.properties}
    rtf = _rtf_apart(stripped, hints)
    if flags := id_flags(_merged(stripped.properties, ids)):
        hints["ids"] = flags
    said = said_of(view, meta, hints)
    if more_hints := shape(said, stripped):
        hints |= more_hints
        reshape(said.properties, more_hints)
    digests = Digests(view, meta)
    entries, large = residue_of(said, stripped, table.ITEMS, digests, {}, hints, narrow)
    later = computed(_merged(stripped.properties, ids), hints)
    more, _ = residue_of(Said(_later(later)), Said(ids), table.ITEMS, digests, {}, {})
    if rtf is not None:
        pack = packed(rtf, dictionary(view))
        more += (ResidueEntry(RTF_PATH, pack, "text", digests["text"]),)
    if isinstance(transport, str):
        steps = _headers_steps(view, transport)
        more += (ResidueEntry(mapi_tags.TRANSPORT_HEADERS, steps, "headers", digests["headers"]),)
    return entries + more, large


def _rtf_apart(actual: Said, hints: Mapping[str, Value]) -> bytes | None:
    """The RTF opened: taken out of the item where it wraps a text of the document, else put back plainly."""
    body = actual.bodies.get(RTF)
    if body is None:
        return None
    plain = plainly(body)
    if plain is body:  # it can't be opened: its bytes are kept as they are
        return None
    if hints.get("own_rtf"):
        actual.bodies[RTF] = plain
        return None
    del actual.bodies[RTF]
    return read_all(plain)[16:]


_LATER = ("0x00410102", "0x0C190102", "0x003F0102", "0x00430102", mapi_tags.TNEF_CORRELATION_KEY)


def _stripped(actual: Said) -> Said:
    """The item without what the table does not compare, entry ids of recipients apart."""
    properties = {k: v for k, v in actual.properties.items() if table.compared(k)}
    ids: list[Value] = []
    for name in ("recipients", "attachments"):
        rows: list[Value] = []
        for row in table.rows(properties.get(name)):
            rows.append({k: v for k, v in row.items() if table.compared(f"{name}/{k}") and k not in _IDS})
            if name == "recipients":
                ids.append({k: row[k] for k in _IDS if k in row})
        properties[name] = tuple(rows)
    if ids:
        properties[_ROW_IDS] = tuple(ids)
    return Said(properties, actual.bodies)


def _hint(actual: Said, view: View, hints: dict[str, Value]) -> None:
    """What the document can't say and the way back must know before it reads it."""
    bits = mapi.integer(actual.properties, mapi_tags.MESSAGE_FLAGS) or 0
    if bits & ~(state.SAID | state.HAS_ATTACHMENTS):
        hints["flags"] = bits & ~(state.SAID | state.HAS_ATTACHMENTS)
    stored = actual.properties.get("bodies")
    if isinstance(stored, Mapping) and (odd := {k: v for k, v in stored.items() if v != STORED.get(k)}):
        hints["bodies"] = odd
    first = {name: raws[0] for name, raws in view.named.items()}
    if keys := copies_hint(actual.properties, view.named):
        hints["headers"] = keys
    order = _order(first, table.rows(actual.properties.get("recipients")))
    if order is not None:
        hints["recipients"] = order


def _order(first: Mapping[str, bytes], rows: list[Mapping[str, Value]]) -> tuple[int, ...] | None:
    """For each recipient the place of its address among those of To, Cc and Bcc; None where both go in step."""
    places: dict[tuple[int, str], list[int]] = {}
    count = 0
    for name, kind in (("to", TO), ("cc", CC), ("bcc", BCC)):
        for address in parse_addresses(first[name]) if name in first else ():
            for said in {address.mail.lower(), address.name.lower()} - {""}:
                places.setdefault((kind, said), []).append(count)
            count += 1
    order = []
    taken: set[int] = set()
    for row in rows:
        kind = (mapi.integer(row, mapi_tags.RECIPIENT_TYPE) or TO) & 0x0F
        names = (mapi.text(row, RECIPIENT.smtp), mapi.text(row, RECIPIENT.address), mapi.text(row, RECIPIENT.name))
        found = next((n for text in names if text for n in places.get((kind, text.lower()), ()) if n not in taken), -1)
        taken.add(found)
        order.append(found)
    return None if order == list(range(count)) else tuple(order)


def _later(found: Mapping[str, Value]) -> dict[str, Value]:
    return {_ROW_IDS if name == "recipients" else name: value for name, value in found.items()}


def _merged(properties: Mapping[str, Value], more: Mapping[str, Value]) -> dict[str, Value]:
    """The item whole again: entry ids back in their rows."""
    found = {**properties, **{k: v for k, v in more.items() if k != _ROW_IDS}}
    ids = table.rows(more.get(_ROW_IDS))
    if ids:
        rows = table.rows(found.get("recipients"))
        pairs = zip(rows, [*ids, *({} for _ in rows)], strict=False)
        found["recipients"] = tuple({**row, **extra} for row, extra in pairs)
    return found


def _no_views(properties: Mapping[str, Value]) -> Mapping[str, BlobView]:
    """No blob of a message is taken apart."""
    return {}


# --- headers as they came


def _lines(view: View) -> list[str]:
    return b"".join(view.fields).decode("utf-8", "surrogateescape").split("\r\n")[:-1]


def _headers_steps(view: View, transport: str) -> dict[str, Value]:
    """How the headers that came differ from the message's; `eol`: their line end, where it is not CRLF."""
    eol = "\r\n" if "\r\n" in transport or "\n" not in transport else "\n"
    steps: dict[str, Value] = {"lines": lines_delta(transport.split(eol), _lines(view))}
    return steps if eol == "\r\n" else {**steps, "eol": eol}


def _headers_back(view: View, steps: Mapping[str, Value]) -> str:
    lines, eol = steps.get("lines"), steps.get("eol", "\r\n")
    if not isinstance(lines, tuple | list) or not isinstance(eol, str):
        return ""
    return eol.join(apply_lines(_lines(view), lines))
