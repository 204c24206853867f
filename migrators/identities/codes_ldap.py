"""Loss codes of OpenLDAP and 389-ds as targets."""

from transhumance.migrators.identities.codes import coded

LDAP = (
    coded(
        "ID-BASE-01",
        "info",
        ("L'entrée de base est la base de la cible", "The base entry is the target's base"),
        (
            "La base de la source devient celle de la cible, dont l'entrée n'est pas modifiée",
            "The source's base becomes the target's, whose entry is not changed",
        ),
        ("Rien à faire : elle reste dans l'archive", "Nothing to do: it stays in the archive"),
    ),
    coded(
        "ID-KEY-01",
        "info",
        ("L'identifiant permanent est donné par la cible", "The permanent id is given by the target"),
        (
            "Le serveur ne laisse pas fixer entryUUID ni createTimestamp (contrôle Relax absent ou refusé)",
            "The server does not let entryUUID and createTimestamp be set (the Relax control lacks or is refused)",
        ),
        (
            "Donner le droit « manage » au compte de migration, ou charger transhumanceOrigin, qui les garde",
            "Grant `manage` to the migration account, or load transhumanceOrigin, which keeps them",
        ),
        back="exact",
    ),
    coded(
        "ID-ORG-01",
        "minor",
        ("La classe transhumanceOrigin n'est pas chargée", "The class transhumanceOrigin is not loaded"),
        (
            "SID, UPN, nom d'origine et anciennes adresses n'ont pas de place dans les classes standard",
            "SID, UPN, the name at the source and old addresses have no place in standard classes",
        ),
        (
            "Charger le schéma livré avec le connecteur ldap ; sinon l'archive les garde",
            "Load the schema that comes with the ldap connector; else the archive keeps them",
        ),
        back="residual",
    ),
    coded(
        "ID-LDAP-01",
        "info",
        ("Un attribut tenu par le serveur", "An attribute that the server keeps by itself"),
        (
            "memberOf et attributs opérationnels sont recalculés",
            "memberOf and operational attributes are computed anew",
        ),
        ("Rien à faire", "Nothing to do"),
    ),
    coded(
        "ID-LDAP-02",
        "minor",
        ("Le serveur n'a pas de place pour un attribut", "The server has no place for an attribute"),
        (
            "L'attribut ou la classe n'est pas dans son schéma, ou aucune classe de l'entrée ne le permet",
            "The attribute or the class is not in its schema, or no class of the entry allows it",
        ),
        ("Charger le schéma manquant, ou l'accepter", "Load the schema that lacks, or accept it"),
        forward="reduced",
        back="residual",
    ),
    coded(
        "ID-LDAP-03",
        "major",
        ("Le schéma du serveur refuse l'entrée", "The server's schema refuses the entry"),
        (
            "Classe inconnue, attribut obligatoire absent, ou valeur d'une autre syntaxe : voir le détail",
            "An unknown class, a required attribute that lacks, or a value of another syntax: see the detail",
        ),
        ("Corriger à la source, ou charger le schéma", "Correct it at the source, or load the schema"),
        forward="blocked",
    ),
    coded(
        "ID-LDAP-04",
        "major",
        ("Le compte de migration n'a pas le droit", "The migration account lacks the right"),
        ("Le serveur refuse cette écriture à ce compte", "The server refuses this account this write"),
        ("`transhume check` donne la ligne à ajouter", "`transhume check` gives the line to add"),
        forward="blocked",
    ),
    coded(
        "ID-LDAP-05",
        "major",
        ("Une contrainte du serveur refuse l'entrée", "A constraint of the server refuses the entry"),
        (
            "Valeur qui doit être unique (adresse de deux personnes) ou règle de l'établissement",
            "A value that must be unique (two people with one address) or a rule of the establishment",
        ),
        ("Corriger le doublon à la source, puis reprendre", "Correct the double at the source, then go on"),
        forward="blocked",
    ),
    coded(
        "ID-LDAP-06",
        "major",
        ("Le serveur refuse l'entrée", "The server refuses the entry"),
        ("Voir sa réponse dans le détail", "See its answer in the detail"),
        ("Corriger, puis reprendre", "Correct it, then go on"),
        forward="blocked",
    ),
    coded(
        "ID-DN-03",
        "major",
        ("Le nom n'est pas sous la base", "The name is not below the base"),
        (
            "L'entrée n'appartient pas à la base de la source, ou son nom ne se lit pas",
            "The entry does not belong to the source's base, or its name can't be read",
        ),
        ("Donner `from_base` à l'annuaire cible", "Give `from_base` to the target directory"),
        forward="blocked",
    ),
    coded(
        "ID-PWD-20",
        "info",
        ("Le mot de passe n'est pas écrit", "The password is not written"),
        (
            "Aucun secret ne passe d'un annuaire à l'autre sans que la vague le demande",
            "No secret goes from one directory to another unless the wave asks for it",
        ),
        ("Prévoir la remise des mots de passe", "Plan how people get a password"),
    ),
    coded(
        "ID-UAC-06",
        "major",
        ("La fin ou le verrou du compte n'est pas appliqué", "The end or the lock of the account is not obeyed"),
        (
            "Sans politique de mots de passe, le serveur laisserait entrer un compte désactivé ou expiré",
            "Without a password policy the server would let a disabled or expired account in",
        ),
        ("Activer l'overlay ppolicy avant la vague", "Switch the ppolicy overlay on before the wave"),
        forward="reduced",
        back="residual",
    ),
)
