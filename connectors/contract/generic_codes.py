"""Loss codes that belong to no workload."""

from transhumance.connectors.contract.codes import LossCode
from transhumance.connectors.contract.model import Text

CODES = (
    LossCode(
        "GEN-DIFF-01",
        "major",
        Text(
            "Une propriété ne revient pas, sans que la cause soit connue",
            "A property does not come back, for no known reason",
        ),
        Text(
            "L'élément et son aller-retour diffèrent par un écart qu'aucun code ne nomme : c'est un défaut de l'outil",
            "Comparing the item with its round trip found a difference that no code names: a defect of the tool",
        ),
        Text("Conserver la source ; signaler l'écart", "Keep the source; report the difference"),
        back="lossy",
    ),
    LossCode(
        "GEN-RESIDUE-01",
        "minor",
        Text("Une propriété mise de côté n'a pas été remise", "A property that was put aside was not put back"),
        Text(
            "La partie du document qu'elle complétait a été modifiée depuis à la cible",
            "The part of the document that it completed was edited at the target since",
        ),
        Text("Vérifier l'élément revenu", "Check the returned item"),
    ),
    LossCode(
        "GEN-READ-01",
        "blocked",
        Text("L'élément n'a pas pu être lu", "The item could not be read"),
        Text("La source le nomme mais ne le donne pas", "The source names it but does not give it"),
        Text(
            "Voir le détail, réparer à la source, puis `transhume quarantine retry`",
            "See the detail, mend it at the source, then `transhume quarantine retry`",
        ),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        "GEN-READ-02",
        "blocked",
        Text("Le dossier ou le fichier n'a pas pu être ouvert", "The folder or file could not be opened"),
        Text(
            "Le compte qui lit n'y a pas droit, ou le disque a refusé : rien de ce qui s'y trouve n'est connu, et rien "
            "n'en est tenu pour supprimé",
            "The account that reads has no right to it, or the disk refused: nothing of what is in it is known, and "
            "nothing of it is taken for deleted",
        ),
        Text(
            "Donner le droit de lire et d'entrer (`chmod u+rX`, `setfacl -m u:COMPTE:rX`) ou réparer, puis relancer "
            "`transhume run`",
            "Give the right to read and enter it (`chmod u+rX`, `setfacl -m u:ACCOUNT:rX`) or mend it, then "
            "`transhume run` again",
        ),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        "GEN-CODEC-01",
        "blocked",
        Text("L'élément a fait échouer sa conversion", "The item made its conversion fail"),
        Text(
            "Le codec a levé une erreur imprévue : c'est un défaut de l'outil",
            "The codec raised an unforeseen error: a defect of the tool",
        ),
        Text("Conserver la source ; signaler l'élément", "Keep the source; report the item"),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        "GEN-FORM-01",
        "blocked",
        Text("La cible ne prend pas ce genre d'élément", "The target does not take this kind of item"),
        Text("Aucun codec ne dit ce genre dans la forme de la cible", "No codec says this kind in the target's form"),
        Text(
            "Ajouter une cible qui le prend (l'archive prend tout)",
            "Add a target that takes it (the archive takes all)",
        ),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        "GEN-SIZE-01",
        "blocked",
        Text("L'élément dépasse la taille admise par la cible", "The item is larger than the target takes"),
        Text("La cible refuse les éléments au-delà de sa limite", "The target refuses items above its limit"),
        Text(
            "Élever la limite de la cible, ou garder l'élément en archive",
            "Raise the target's limit, or keep the item in the archive",
        ),
        forward="blocked",
    ),
    LossCode(
        "GEN-GONE-01",
        "major",
        Text("La source le dit disparu et le donne encore", "The source says that it is gone and still gives it"),
        Text(
            "Une seconde lecture avant la suppression l'a trouvé ; il est gardé à la cible, tel qu'il y est",
            "A second read before its deletion found it; it is kept at the target, as it is there",
        ),
        Text(
            "Vérifier les droits de lecture et le retard des réplicas, puis `transhume quarantine retry`",
            "Look at the right to read and at replicas that lag, then `transhume quarantine retry`",
        ),
    ),
    LossCode(
        "GEN-CONFLICT-01",
        "blocked",
        Text("Autre chose est déjà à la cible sous ce nom", "Something else is at the target under this name"),
        Text("Rien n'est jamais écrasé sans être attendu", "Nothing is ever overwritten unless it was expected"),
        Text(
            "Choisir `policies.existing: adopt` ou `merge`, ou déplacer ce qui y est",
            "Choose `policies.existing: adopt` or `merge`, or move what is there",
        ),
        forward="blocked",
    ),
    LossCode(
        "GEN-CONFLICT-02",
        "minor",
        Text("L'élément de la cible a été gardé à la place", "The target's own item was kept instead"),
        Text(
            "`policies.existing: adopt` garde ce qui est déjà à la cible, même différent",
            "`policies.existing: adopt` keeps what is already at the target, even where it differs",
        ),
        Text("Comparer les deux éléments", "Compare the two items"),
        forward="reduced",
    ),
    LossCode(
        "GEN-VERIFY-01",
        "major",
        Text("L'élément n'est plus à la cible", "The item is no longer at the target"),
        Text(
            "À la relecture, la cible ne l'a plus ou ne le donne pas",
            "When reading back, the target no longer has it or does not give it",
        ),
        Text(
            "Chercher qui l'a ôté ; `transhume quarantine retry` l'écrit de nouveau",
            "Find out who took it away; `transhume quarantine retry` writes it again",
        ),
        forward="blocked",
        back="lossy",
    ),
    LossCode(
        "GEN-VERIFY-02",
        "major",
        Text(
            "L'élément de la cible n'est plus celui qui a été écrit",
            "The item at the target is not the one that was written",
        ),
        Text(
            "Relu et décodé, son empreinte diffère de celle attendue",
            "Read back and decoded, its digest differs from the expected one",
        ),
        Text("Comparer avec l'archive, qui garde l'original", "Compare with the archive, which keeps the original"),
        forward="reduced",
        back="lossy",
    ),
    LossCode(
        "GEN-TARGET-01",
        "major",
        Text("La cible n'a pas gardé une propriété", "The target did not keep a property"),
        Text(
            "Relu à la cible, l'élément n'est plus celui qui a été écrit",
            "Read back from the target, the item is not the one that was written",
        ),
        Text("L'archive garde l'original", "The archive keeps the original"),
        forward="reduced",
        back="lossy",
    ),
    LossCode(
        "GEN-TARGET-02",
        "info",
        Text(
            "La cible n'a pas de place pour une propriété, gardée à côté",
            "The target has no place for a property, which is kept beside",
        ),
        Text("Le format de la cible ne dit pas cette propriété", "The target's format does not say this property"),
        Text("Elle revient du résidu gardé en archive", "It comes back from the residue kept in the archive"),
        forward="reduced",
        back="residual",
    ),
)
