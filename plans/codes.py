"""Codes of what a plan stops for and asks a person about."""

from transhumance.connectors.contract import LossCode, Text

CODES = (
    LossCode(
        "PLAN-EMPTY-01",
        "major",
        Text("Un dossier de la source, plein jusqu'ici, est vide", "A source container that was full is now empty"),
        Text(
            "Un vide soudain est pris pour une panne, non pour une volonté : rien n'a été supprimé à la cible",
            "Sudden emptiness is taken for a fault, not for a wish: nothing was removed at the target",
        ),
        Text(
            "Vérifier la source ; puis `transhume quarantine retry` (relire) ou `skip` (accepter le vide)",
            "Check the source; then `transhume quarantine retry` (read again) or `skip` (accept the emptiness)",
        ),
    ),
    LossCode(
        "PLAN-DELETE-01",
        "major",
        Text("Trop de suppressions à la fois", "Too many deletions at once"),
        Text(
            "La part d'éléments disparus de la source dépasse `policies.deletions.max_share` : rien n'a été supprimé",
            "The share of items gone from the source is above `policies.deletions.max_share`: nothing was removed",
        ),
        Text(
            "Vérifier la source ; puis `transhume quarantine retry` (relire) ou `skip` (accepter les suppressions)",
            "Check the source; then `transhume quarantine retry` (read again) or `skip` (accept the deletions)",
        ),
    ),
    LossCode(
        "PLAN-LOSS-01",
        "blocked",
        Text("Un élément perdrait ce que personne n'accepte", "An item would lose what nobody accepts"),
        Text(
            "`policies.loss.default` est `stop` : l'élément n'est pas écrit, le détail dit quelles pertes",
            "`policies.loss.default` is `stop`: the item is not written, the detail says which losses",
        ),
        Text(
            "Les accepter par `transhume approve` ou `policies.loss.accept` ; le `run` suivant écrit l'élément",
            "Accept them by `transhume approve` or `policies.loss.accept`; the next `run` writes the item",
        ),
        forward="blocked",
    ),
    LossCode(
        "PLAN-RETURN-01",
        "minor",
        Text(
            "Un élément a été supprimé à la cible depuis la bascule", "An item was deleted at the target since cutover"
        ),
        Text(
            "Le retour mène ailleurs, ou `policies.deletions.mode` est `keep` : l'élément est toujours à la source",
            "The way back leads elsewhere, or `policies.deletions.mode` is `keep`: the item is still at the source",
        ),
        Text("Le supprimer aussi à la source, si c'était voulu", "Delete it at the source too, if that was meant"),
    ),
    LossCode(
        "PLAN-MEMBER-01",
        "blocked",
        Text("Un sujet n'est apparié à personne", "A subject is matched to nobody"),
        Text(
            "Aucune personne de l'annuaire n'a cette clé, cette adresse ou cet identifiant",
            "No person of the directory has this key, address or login",
        ),
        Text("Compléter `people.csv`, puis `transhume plan`", "Complete `people.csv`, then `transhume plan`"),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        "PLAN-MEMBER-02",
        "blocked",
        Text("Un sujet est apparié à plusieurs personnes", "A subject is matched to several people"),
        Text("Plusieurs entrées de l'annuaire lui conviennent", "Several entries of the directory fit it"),
        Text("Trancher dans `people.csv`, puis `transhume plan`", "Decide in `people.csv`, then `transhume plan`"),
        forward="blocked",
        back="blocked",
    ),
)
