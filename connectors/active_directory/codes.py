"""Loss codes of Active Directory as a live system: what it does not show, and what it does not let anybody write."""

from transhumance.connectors.contract import LossCode, Text

UNREADABLE = "ID-ADR-01"

CODES = (
    LossCode(
        UNREADABLE,
        "blocked",
        Text("Une entrée de l'annuaire ne se laisse pas lire", "An entry of the directory can't be read"),
        Text(
            "Elle est là, mais ne montre pas son objectGUID à ce compte, ou a changé et ne se montre plus : un droit "
            "de lecture manque. Rien n'en est déduit, elle n'est pas prise pour supprimée",
            "It is there, but does not show its objectGUID to this account, or changed and shows itself no more: a "
            "right to read is missing. Nothing is concluded from it, it is not taken for deleted",
        ),
        Text(
            "Donner au compte la lecture de cette branche (`check` donne la commande), puis recommencer",
            "Let the account read that branch (`check` gives the command), then start again",
        ),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        "ID-ADW-01",
        "info",
        Text("Cet objet n'est pas recréé dans Active Directory", "This object is not made again in Active Directory"),
        Text(
            "Seuls les personnes, contacts, groupes et unités d'organisation le sont ; un poste, une stratégie, une "
            "zone DNS ou un compte de service géré se refont avec leurs propres outils",
            "Only people, contacts, groups and organizational units are; a machine, a policy, a DNS zone or a managed "
            "service account is made again by tools of its own",
        ),
        Text("Rien ; l'inventaire le garde", "Nothing; the inventory keeps it"),
        forward="reduced",
    ),
    LossCode(
        "ID-ADW-02",
        "blocked",
        Text("L'entrée n'a pas de place sous la base de cet annuaire", "The entry has no place under this base"),
        Text(
            "Son nom distinctif manque, est illisible, ou ne se termine pas par la base de la source",
            "Its distinguished name is missing, can't be read, or does not end with the source's base",
        ),
        Text("Corriger la base de l'un des deux annuaires dans le plan", "Put the base of one of the two right"),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        "ID-ADW-03",
        "blocked",
        Text("Le contrôleur de domaine a refusé l'entrée", "The domain controller refused the entry"),
        Text(
            "Un nom de connexion déjà pris, une valeur hors de son schéma, un droit qui manque : voir le détail",
            "A log-in name that is taken, a value outside of its schema, a right that is missing: see the detail",
        ),
        Text(
            "Corriger ce que dit le détail, puis `quarantine retry`",
            "Put right what the detail says, then `quarantine retry`",
        ),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        "ID-ADW-04",
        "minor",
        Text(
            "Des attributs que seul un contrôleur écrit ne sont pas rendus",
            "Attributes that only a controller writes are not given back",
        ),
        Text(
            "Droits (nTSecurityDescriptor), dates de mot de passe, verrou, compteurs : Active Directory les tient",
            "Rights (nTSecurityDescriptor), times of passwords, lock, counters: Active Directory keeps them itself",
        ),
        Text(
            "Remettre les délégations de droits à la main ; le résidu les garde",
            "Give delegated rights again by hand; the residue keeps them",
        ),
        back="lossy",
    ),
    LossCode(
        "ID-ADW-05",
        "major",
        Text("Des attributs manquent au schéma de ce domaine", "Attributes are missing from this domain's schema"),
        Text(
            "Le domaine d'origine avait une extension (Exchange, ou la vôtre) que celui-ci n'a pas",
            "The domain of origin had an extension (Exchange, or your own) that this one lacks",
        ),
        Text(
            "Étendre le schéma, puis recommencer ; le résidu garde les valeurs",
            "Extend the schema, then start again; the residue keeps the values",
        ),
        back="lossy",
    ),
    LossCode(
        "ID-ADW-06",
        "info",
        Text(
            "Une entrée supprimée ailleurs reste ici : elle ne peut pas être désactivée",
            "An entry that was deleted elsewhere stays here: it can't be disabled",
        ),
        Text(
            "Un groupe, un contact ou une unité n'a pas d'état désactivé",
            "A group, a contact or a unit has no disabled state",
        ),
        Text("Le supprimer à la main, ou mettre `on_remove: delete`", "Delete it by hand, or set `on_remove: delete`"),
    ),
    LossCode(
        "ID-BLT-02",
        "info",
        Text("Un objet intégré n'est jamais écrit", "A built-in object is never written"),
        Text(
            "Administrator, Domain Users et les autres existent dans chaque domaine ; les changer ouvrirait des droits",
            "Administrator, Domain Users and the others exist in each domain; to change them would open rights there",
        ),
        Text("Reporter à la main ce qui doit l'être", "Carry over by hand what must be"),
        forward="reduced",
    ),
    LossCode(
        "ID-KEY-02",
        "major",
        Text(
            "C'est un nouvel objet, avec un nouvel identifiant et un nouveau SID",
            "It is a new object, with a new id and a new SID",
        ),
        Text(
            "Active Directory ne laisse personne choisir objectGUID ni objectSid, et l'ancien objet n'est plus là pour "
            "être repris : les droits donnés à l'ancien SID ne valent plus",
            "Active Directory lets nobody choose objectGUID or objectSid, and the old object is not there any more to "
            "be taken up: rights that were given to the old SID are void",
        ),
        Text(
            "Redonner les droits, ou reprendre l'ancien SID (DsAddSidHistory, avec une relation d'approbation)",
            "Give the rights again, or take up the old SID (DsAddSidHistory, with a trust)",
        ),
        back="lossy",
    ),
    LossCode(
        "ID-PWD-06",
        "major",
        Text("Le compte rendu n'a pas de mot de passe", "The account that comes back has no password"),
        Text(
            "Aucun mot de passe n'est lu ni inventé : un compte nouveau est désactivé, sauf par `accounts: as_source`",
            "No password is read or invented: a new account is disabled, unless `accounts: as_source` says otherwise",
        ),
        Text(
            "Poser un mot de passe et activer le compte, ou remettre une lettre à la personne",
            "Set a password and enable the account, or hand a letter to the person",
        ),
        back="lossy",
    ),
)
