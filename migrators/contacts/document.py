"""Contacts as documents: one vCard a document, kind `card`, distribution lists too (KIND:group, RFC 6350 section
6.1.4).

`version` in a card is its own affair (2.1, 3.0 and 4.0 pass as they came); what is generated is vCard 4.0.
"""

from transhumance.connectors.contract import PropertyClass, PropertyTable

STANDARD = "vcard"
FORM = "vcard"
KINDS = ("card",)

DOCUMENT = PropertyTable(
    STANDARD,
    (
        ("body:content", PropertyClass.CONTENT, "the vCard (RFC 6350, RFC 2426 or vCard 2.1), byte for byte"),
        ("*", PropertyClass.META, "what a store says beside the card"),
    ),
)

VCARD = PropertyTable(
    FORM,
    (
        ("body:content", PropertyClass.CONTENT, "the vCard (RFC 6350, RFC 2426 or vCard 2.1), byte for byte"),
        ("duplicate", PropertyClass.DERIVED, "another card of the container has this UID: seen again at each listing"),
        ("encoding", PropertyClass.META, "how the file was encoded, where it was UTF-16"),
        ("*", PropertyClass.META, "what a store says beside the card"),
    ),
)
