"""What `telecabine outbox`, `keys` and `audit` say when something is wrong, and what helps."""

from offline_queue.errors import OutboxReason
from offline_queue.reconcile import Found

FOUND = {
    Found.DATABASE_BEHIND: "the database had lost what was put last; the log has it",
    Found.DATABASE_LACKS: "items are missing or altered in the database; the log has them",
    Found.DATABASE_DAMAGED: "the database is damaged: `telecabine outbox recover` makes it anew",
    Found.LOG_GONE: "the witness log is gone; the database has everything",
    Found.LOG_DAMAGED: "the witness log is damaged; the database has everything",
    Found.SLOTS_DAMAGED: "the organisations' keys (outbox.slots) are damaged or gone; the outbox has a copy",
    Found.SENTINEL_GONE: "the sentinel is gone or damaged: an older copy of the outbox would not be noticed",
}
_RECOVER = "`telecabine outbox recover` (the kiosk stopped) makes the database anew from the witness log"
_WITH_THE_OWNERS_KEY = (
    "open a copy with the organisation's key: "
    "`telecabine outbox recover --key ORG.pem --from COPY --to FOLDER`"
)
ADVICE = {
    OutboxReason.WRONG_KEY_OR_DAMAGED: f"{_RECOVER}, if the key is right; the old files are put aside",
    OutboxReason.MISSING: f"{_RECOVER}; what neither has is lost: it says how many items, and begins again "
    "behind them with --accept-loss. If the folder was moved, put it back instead",
    OutboxReason.OLDER: "somebody put older files back (a backup, a copied disk): put the newest ones back. "
    "`telecabine outbox recover` cannot find what these never had: it says how many items, and goes on from "
    "these with --accept-loss",
    OutboxReason.SWAPPED: "put the folder back that was in use here: it may hold records that were never "
    "delivered. `telecabine outbox recover --accept-loss` goes on with what is here now",
    OutboxReason.NOT_OURS: "put kiosk.id in the settings right; if it is, put back the folder and the "
    "`outbox.mark` that were in use here. Made anew under another name, its audit chain would be broken",
    OutboxReason.NEWER_SCHEMA: "install the newest telecabine: this one does not understand what is here. "
    "Erase nothing; `telecabine outbox recover` does not help",
    OutboxReason.KEY_MISSING: f"put the key file back, or {_WITH_THE_OWNERS_KEY}",
    OutboxReason.KEY_UNREADABLE: "the key file must belong to the user telecabine, and to nobody else "
    f"(chmod 600). If it is damaged, put a copy of it back, or {_WITH_THE_OWNERS_KEY}",
    OutboxReason.KEY_NOT_UNSEALED: "is the chip on, and this user in the group tss? One that was changed or "
    f"cleared never opens the key again. Erase nothing; {_WITH_THE_OWNERS_KEY}",
    OutboxReason.BUSY: "a kiosk has it open: stop it first (systemctl stop telecabine)",
    OutboxReason.DISK_FULL: "make room on the disk: nothing of what waits is lost, and it is delivered "
    "all the while. `telecabine outbox recover` needs as much room again as the outbox has",
    OutboxReason.IO_FAILED: "the disk, or the rights on the folder: copy the folder to another disk before "
    f"anything else, then {_WITH_THE_OWNERS_KEY}",
}
ADVICE_OF_RECOVER = ADVICE | {
    OutboxReason.WRONG_KEY_OR_DAMAGED: "this is not the key of this outbox, or nothing of it is left",
    OutboxReason.MISSING: "to go on without them: `telecabine outbox recover --accept-loss`",
    OutboxReason.SWAPPED: "to go on with it all the same: `telecabine outbox recover --accept-loss`",
}
ADVICE_OF_A_COPY = ADVICE_OF_RECOVER | {
    OutboxReason.KEY_MISSING: "it wants the private key of an organisation that `telecabine keys list` shows",
    OutboxReason.KEY_UNREADABLE: "is it the right file, and the right password?",
}
NEVER_STARTED = "nothing was ever stored here: is this the right data folder (kiosk.data_dir)?"


class WrongCall(Exception):
    """A sentence for who typed the command."""
