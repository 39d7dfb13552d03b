"""English: what the first picture says. Everything else is in `en.py`."""

from ui.text.table import CommonText, Texts, WelcomeText

COMMON = CommonText(
    step="Step {number} of {count}",
    help="Call for help",
    help_title="Do you need help?",
    help_phone="Call {phone}. Somebody will guide you on the phone.",
    help_no_phone="Call the person in charge of this kiosk.",
    help_urgent="If a life is in danger, call 15 or 112.",
    close="Close",
    understood="Understood",
    fault="Something did not work here. Nothing is lost. Try again or call for help.",
    not_done="What you asked for could not be done. Try again or call for help.",
)

WELCOME = WelcomeText(
    greeting="Hello",
    explain="Here you talk with a physician by video. We help you at every step.",
    start="Start",
    preparing="One moment, the kiosk is getting ready…",
    language="Language",
    technician="Technician",
    instruments_ready="Instruments ready: {names}",
    instruments_none="No instrument is ready. Plug them in and switch them on.",
    instruments_trouble="To be checked: {names}",
    delivery_done="All reports have been sent.",
    delivery_waits="Items waiting to be sent: {count}. They go by themselves.",
    delivery_offline="The line is down. Items kept here: {count}. They go when the line is back.",
    resume_title="A session was interrupted",
    resume_when="Started at {time} — initials: {initials}",
    resume_explain="Nothing is lost. If the person is still here, resume. If not, close this session.",
    resume_unknown="not known yet",
    resume_yes="Resume",
    resume_no="Close this session",
)

TEXTS = Texts(code="en", name="English", right_to_left=False, common=COMMON, welcome=WELCOME)
