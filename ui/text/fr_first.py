"""French: what the first picture says. Everything else is in `fr.py`."""

from ui.text.table import CommonText, Texts, WelcomeText

COMMON = CommonText(
    step="Étape {number} sur {count}",
    help="Appeler de l'aide",
    help_title="Besoin d'aide ?",
    help_phone="Appelez le {phone}. Quelqu'un vous guide au téléphone.",
    help_no_phone="Appelez la personne responsable du poste.",
    help_urgent="En cas d'urgence vitale, appelez le 15 ou le 112.",
    close="Fermer",
    understood="Compris",
    fault="Quelque chose n'a pas marché ici. Rien n'est perdu. Essayez encore ou appelez de l'aide.",
    not_done="Ce que vous avez demandé n'a pas pu être fait. Essayez encore ou appelez de l'aide.",
)

WELCOME = WelcomeText(
    greeting="Bonjour",
    explain="Ici, vous parlez avec un médecin par vidéo. Nous vous aidons à chaque étape.",
    start="Commencer",
    preparing="Un instant, le poste se prépare…",
    language="Langue",
    technician="Technicien",
    instruments_ready="Instruments prêts : {names}",
    instruments_none="Aucun instrument prêt. Branchez-les et allumez-les.",
    instruments_trouble="À vérifier : {names}",
    delivery_done="Tous les comptes rendus sont envoyés.",
    delivery_waits="Éléments en attente d'envoi : {count}. Ils partent tout seuls.",
    delivery_offline="Ligne coupée. Éléments gardés ici : {count}. Ils partiront dès que la ligne revient.",
    resume_title="Une séance a été interrompue",
    resume_when="Commencée à {time} — initiales : {initials}",
    resume_explain="Rien n'est perdu. Si la personne est toujours là, reprenez. Sinon, fermez cette séance.",
    resume_unknown="pas encore connues",
    resume_yes="Reprendre",
    resume_no="Clore cette séance",
)

TEXTS = Texts(code="fr", name="Français", right_to_left=False, common=COMMON, welcome=WELCOME)
