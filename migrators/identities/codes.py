"""Loss codes of people: names, accounts, what a person has or is known by."""

from transhumance.connectors.contract import LossCode, Text
from transhumance.connectors.contract.codes import Back, Forward, Severity

Pair = tuple[str, str]


def coded(
    code: str,
    severity: Severity,
    what: Pair,
    why: Pair,
    remedy: Pair,
    forward: Forward = "full",
    back: Back = "exact",
) -> LossCode:
    """A loss code from (French, English) pairs."""
    return LossCode(code, severity, Text(*what), Text(*why), Text(*remedy), forward, back)


_KEPT = ("Rien à faire : elle revient du résidu", "Nothing: it comes back from the residue")
_SEE = ("Voir la liste dans le détail ; décider avec les utilisateurs", "See the list in the detail; decide with users")

PEOPLE = (
    coded(
        "ID-CLS-01",
        "minor",
        ("Un nom obligatoire manquait", "A compulsory name was missing"),
        (
            "Les classes standard exigent `sn` ; il est rempli avec le nom complet, et retiré au retour",
            "Standard classes demand `sn`; it is filled with the full name, and taken out on the way back",
        ),
        ("Compléter le nom de famille à la source", "Complete the family name at the source"),
    ),
    coded(
        "ID-NAM-01",
        "info",
        ("L'identifiant passe en minuscules", "The log-in name becomes lower case"),
        (
            "Les annuaires libres et Keycloak comparent et écrivent les identifiants en minuscules",
            "Open directories and Keycloak match and write log-in names in lower case",
        ),
        ("Rien à faire : la casse d'origine revient du résidu", "Nothing: its own case comes back from the residue"),
    ),
    coded(
        "ID-NAM-03",
        "minor",
        (
            "L'identifiant contient des caractères souvent refusés",
            "The log-in name has characters that are often refused",
        ),
        (
            "Espaces et signes d'un identifiant sont refusés par Keycloak et gênent les applications",
            "Keycloak refuses blanks and signs in a log-in name, and applications stumble on them",
        ),
        ("Choisir l'identifiant cible dans `people.csv`", "Choose the target's log-in name in `people.csv`"),
    ),
    coded(
        "ID-NAM-04",
        "info",
        ("Le nom n'est pas en forme Unicode composée", "The name is not in Unicode's composed form"),
        (
            "Les accents décomposés sont gardés octet pour octet ; les rapprochements se font en NFC",
            "Decomposed accents are kept byte for byte; matching uses NFC",
        ),
        ("Rien à faire, sauf si deux noms ne diffèrent que par là", "Nothing, unless two names differ by that only"),
    ),
    coded(
        "ID-NAM-05",
        "minor",
        ("Le nom principal (UPN) n'a pas d'attribut standard", "The principal name (UPN) has no standard attribute"),
        (
            "Se connecter par UPN suppose que la cible en fasse un identifiant",
            "Logging in by UPN needs a target that makes it a log-in name",
        ),
        ("Décider si l'on se connecte par `uid` ou par adresse", "Decide whether people log in by `uid` or by address"),
        forward="reduced",
    ),
    coded(
        "ID-TXT-01",
        "minor",
        ("Un texte n'est pas en UTF-8", "A text is not UTF-8"),
        (
            "L'export a mêlé une page de code ancienne ; les octets sont gardés tels quels, lus comme du Windows-1252",
            "The export mixed an old code page in; the bytes are kept as they are, and read as Windows-1252",
        ),
        ("Vérifier les accents de l'entrée", "Check the accents of the entry"),
    ),
    coded(
        "ID-MAI-02",
        "minor",
        ("Une adresse électronique est accentuée ou vide", "A mail address has accents, or is empty"),
        ("L'attribut `mail` ne prend que de l'ASCII", "The attribute `mail` takes ASCII only"),
        ("Donner une adresse sans accent", "Give an address without accents"),
        forward="reduced",
    ),
    coded(
        "ID-MAI-03",
        "minor",
        ("Des adresses autres que SMTP sont mises de côté", "Addresses other than SMTP are put aside"),
        (
            "X500, SIP et autres n'ont pas d'attribut standard ; répondre à d'anciens messages Exchange les demande",
            "X500, SIP and others have no standard attribute; replies to old Exchange mails use them",
        ),
        (
            "Le chantier messagerie les reprend comme alias si besoin",
            "The mail workload takes them up as aliases where needed",
        ),
        forward="reduced",
    ),
    coded(
        "ID-TEL-01",
        "minor",
        ("Un numéro de téléphone n'en est pas un", "A telephone number is none"),
        (
            "Les serveurs refusent accents et signes dans un numéro ; il est mis de côté",
            "Servers refuse accents and signs in a number; it is put aside",
        ),
        ("Corriger le numéro, ou le noter en description", "Mend the number, or note it in the description"),
        forward="reduced",
    ),
    coded(
        "ID-REF-02",
        "minor",
        ("Un lien vers une autre entrée est illisible", "A link to another entry can't be read"),
        ("La valeur n'est pas un nom distinctif en UTF-8", "The value is no distinguished name in UTF-8"),
        ("Corriger le lien à la source", "Mend the link at the source"),
        forward="reduced",
    ),
    coded(
        "ID-PHO-02",
        "minor",
        ("Une photo n'est pas au format JPEG", "A photo is no JPEG"),
        (
            "`jpegPhoto` ne prend que du JPEG ; les octets sont mis de côté",
            "`jpegPhoto` takes JPEG; the bytes are put aside",
        ),
        ("Convertir la photo à la source", "Convert the photo at the source"),
        forward="reduced",
    ),
    coded(
        "ID-ATT-01",
        "minor",
        ("Des attributs connus n'ont pas de place standard", "Known attributes have no standard place"),
        (
            "Aucune classe standard ne les prend pour ce genre d'entrée",
            "No standard class takes them for such an entry",
        ),
        _SEE,
        forward="reduced",
    ),
    coded(
        "ID-ATT-02",
        "minor",
        ("Des attributs propres à l'établissement sont mis de côté", "Attributes of the house's own are put aside"),
        (
            "extensionAttribute, schéma ajouté, fonctions propres à Active Directory : aucune place standard",
            "extensionAttribute, added schema, features of Active Directory: no standard place",
        ),
        ("Associer par le plan ceux dont on se sert", "Map those that are used in the plan"),
        forward="reduced",
    ),
    coded(
        "ID-WIN-01",
        "minor",
        ("Le cadre du poste Windows n'est pas repris", "The Windows desktop settings are not taken over"),
        (
            "Horaires, postes permis, scripts, dossier personnel et profil ne valent que dans un domaine Windows",
            "Hours, allowed stations, scripts, home folder and profile are true of a Windows domain only",
        ),
        ("Les refaire dans la gestion des postes cible", "Make them again in the target's desktop management"),
        forward="reduced",
    ),
    coded(
        "ID-EXC-01",
        "info",
        ("Des attributs d'Exchange sont mis de côté", "Attributes of Exchange are put aside"),
        ("Ils disent la boîte, pas la personne", "They say the mailbox, not the person"),
        ("Le chantier messagerie s'en charge", "The mail workload takes care of them"),
    ),
    coded(
        "ID-VOL-01",
        "info",
        ("Des compteurs ne sont pas repris", "Counters are not taken over"),
        (
            "Dernières connexions, essais, numéros de modification : propres à un contrôleur, jamais réinscriptibles",
            "Last log-ons, tries, change numbers: a domain controller's own, never writable",
        ),
        ("Rien à faire", "Nothing to do"),
    ),
    coded(
        "ID-CRT-01",
        "minor",
        ("Un certificat est mal formé", "A certificate is malformed"),
        ("La valeur n'est pas du DER : les serveurs la refusent", "The value is no DER: servers refuse it"),
        ("Publier de nouveau le certificat", "Publish the certificate again"),
        forward="reduced",
    ),
    coded(
        "ID-CRT-03",
        "minor",
        ("Le lien à une carte (CPS, carte à puce) est mis de côté", "The link to a smart card is put aside"),
        ("`altSecurityIdentities` n'a pas d'attribut standard", "`altSecurityIdentities` has no standard attribute"),
        ("Associer la carte dans le service d'authentification", "Map the card in the authentication service"),
        forward="reduced",
    ),
    coded(
        "ID-MAI-05",
        "info",
        ("Une autre personne a la même adresse", "Another person has the same mail address"),
        (
            "Cette cible prend les deux ; une autre (Keycloak) n'en prendrait aucune",
            "This target takes both; another one (Keycloak) would take neither",
        ),
        ("Donner à chacun la sienne, à la source", "Give each their own, at the source"),
    ),
    coded(
        "ID-NAM-09",
        "info",
        ("Une autre personne a le même identifiant", "Another person has the same log-in name"),
        (
            "Sans casse, les deux identifiants n'en font qu'un ; cette cible prend les deux",
            "Without case both log-in names are one; this target takes both",
        ),
        ("Choisir un autre identifiant pour l'un des deux", "Choose another log-in name for one of the two"),
    ),
    coded(
        "ID-RPP-02",
        "blocked",
        ("Deux personnes ont le même numéro RPPS", "Two people have one RPPS number"),
        (
            "Pro Santé Connect ne saurait pas laquelle se connecte",
            "Pro Santé Connect could not tell which of them logs in",
        ),
        ("Corriger le numéro à la source", "Mend the number at the source"),
        forward="blocked",
    ),
    coded(
        "ID-RPP-03",
        "info",
        ("Une autre personne a le même numéro RPPS", "Another person has the same RPPS number"),
        (
            "L'un des deux est faux ; cette cible prend les deux, Pro Santé Connect ne saurait laquelle choisir",
            "One of the two is wrong; this target takes both, Pro Santé Connect could not tell which of them logs in",
        ),
        ("Corriger le numéro à la source", "Mend the number at the source"),
    ),
    coded(
        "ID-RPP-01",
        "minor",
        ("Un numéro RPPS est faux", "An RPPS number is wrong"),
        ("Il n'a pas 11 chiffres, ou sa clé est fausse", "It has not 11 digits, or its key is wrong"),
        ("Corriger à la source avant Pro Santé Connect", "Mend it at the source before Pro Santé Connect"),
    ),
    coded(
        "ID-CNT-01",
        "info",
        ("Un contact devient une personne sans identifiant", "A contact becomes a person without a log-in name"),
        ("Aucune classe standard ne dit « contact »", 'No standard class says "contact"'),
        ("Le porter plutôt dans un carnet d'adresses", "Rather carry it into an address book"),
    ),
    coded(
        "ID-EXT-01",
        "info",
        ("Un invité d'un autre locataire Microsoft", "A guest of another Microsoft tenant"),
        ("Son compte vit ailleurs : il ne se connecte pas ici", "The account lives elsewhere: it does not log in here"),
        ("L'inviter de nouveau dans la cible", "Invite the person again at the target"),
    ),
    coded(
        "ID-BLT-01",
        "info",
        ("Une entrée d'origine de l'annuaire", "An entry that every directory has"),
        (
            "Administrateur, groupes intégrés : jamais réécrits ni supprimés au retour",
            "Administrator, builtin groups: never written nor removed on the way back",
        ),
        ("Rien à faire", "Nothing to do"),
    ),
    coded(
        "ID-SID-01",
        "info",
        ("Le SID n'a pas de sens hors d'Active Directory", "The SID means nothing outside Active Directory"),
        (
            "Il est gardé dans le résidu, pour le retour et les droits",
            "It is kept in the residue, for the way back and rights",
        ),
        _KEPT,
    ),
    coded(
        "ID-SID-02",
        "major",
        ("D'anciens SID donnent encore des droits", "Former SIDs still give rights"),
        (
            "Les droits posés avec eux sur les serveurs de fichiers se perdent avec l'annuaire",
            "Rights that use them on file servers go with the directory",
        ),
        ("Refaire ces droits avant de quitter Active Directory", "Make those rights again before leaving"),
        forward="reduced",
    ),
    coded(
        "ID-POS-02",
        "minor",
        ("L'identité POSIX est incomplète", "The POSIX identity is incomplete"),
        (
            "`posixAccount` veut `uidNumber`, `gidNumber` et un dossier, en bonne forme",
            "`posixAccount` wants `uidNumber`, `gidNumber` and a home folder, well formed",
        ),
        ("Compléter à la source", "Complete it at the source"),
        forward="reduced",
    ),
)
