"""The kinds of account that an offer may ask for, in Plaid's words."""

from typing import Final

# Source: Plaid, API reference, "Account type schema". Subtypes of other countries and of single pension schemes are
# left out: no offer of ours asks for them.
ACCOUNT_TYPES: Final = {
    "depository": (
        *("checking", "savings", "money market", "cd", "hsa", "cash management"),
        *("prepaid", "paypal", "ebt", "gic"),
    ),
    "credit": ("credit card", "paypal"),
    "loan": (
        *("auto", "business", "commercial", "construction", "consumer", "home equity"),
        *("line of credit", "loan", "mortgage", "overdraft", "student"),
    ),
    "investment": ("401k", "403b", "457b", "529", "brokerage", "ira", "mutual fund", "pension", "roth", "roth 401k"),
    "other": (),
}
# A name that is a type and a subtype (`loan`) is taken as the type.
TYPES: Final = frozenset(ACCOUNT_TYPES)
SUBTYPES: Final = frozenset(subtype for subtypes in ACCOUNT_TYPES.values() for subtype in subtypes)
