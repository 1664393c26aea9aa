"""Small edits of the shipped rulebook, each of which makes one fault: file, before, after, what is said."""

CARDS = "education/card_balances.toml"
FIRST = "education/first_days.toml"
HARD = (
    "Institutional considerations necessitate comprehensive creditworthiness determinations regarding applicability, "
    + "sustainability, accountability, documentation, administration, responsibility, " * 10
    + "individually. "
)
WHEN = 'when = { all = [{ signal = "coverage.days_seen", operator = "<", value = 30, unit = "days" }] }'
DECIDES = "Fernhill checks your credit before it decides."

Edit = tuple[str, str, str, str]

CRITERIA: list[Edit] = [
    ("personas.toml", "credit.interest_cents", "credit.interest", "'credit.interest' is not a signal"),
    ("personas.toml", 'signal = "credit.is_overdue", ', "", "any 4: signal: is missing"),
    ("personas.toml", 'operator = ">="', 'operator = "=>"', "operator: is '=>'; it must be one of"),
    ("personas.toml", 'operator = "=="', 'operator = "!="', "operator: is '!='; it must be one of =="),
    ("personas.toml", 'operator = ">=", value = 0.50', 'operator = ">", value = 0.50', "operator: is '>'"),
    ("personas.toml", 'operator = ">=", value = 0.50', "value = 0.50", "operator: is missing"),
    ("personas.toml", "value = 0.50, ", "", "value: is missing"),
    ("personas.toml", "value = 0.50", "value = 0.50001", "at most 4 decimals"),
    ("personas.toml", "value = 0.50", "value = nan", "must be finite"),
    ("personas.toml", "value = 0.50", "value = 1e30", "must be finite, below"),
    ("personas.toml", "value = 0.50", "value = -1e12", "must be finite, below"),
    ("personas.toml", "value = 0.50", "value = 1e999999", "must be finite, below"),
    ("personas.toml", "value = 0.50", "value = 1e99999999999999999999", "is not a number that can be read"),
    ("personas.toml", "value = 0.50", f"value = {'7' * 5000}", "not valid TOML: "),
    ("personas.toml", "value = 3", f"value = 0x{'f' * 5000}", "is a number of more than 18 digits"),
    ("personas.toml", "value = 3", "value = 1_000_000_000_000", "must be below 1,000,000,000,000"),
    ("personas.toml", 'value = "irregular"', 'value = "irregluar"', "income.frequency is one of weekly, biweekly"),
    ("offers.toml", 'value = "USD"', 'value = "usd"', "a currency has three capital letters"),
    ("personas.toml", "2026-11-01", "2026-11-01T08:00:00", "it must be a day without a time"),
    ("personas.toml", "2026-11-01", "2026-11-01T08:00:00Z", "it must be a day without a time"),
    ("personas.toml", 'value = "0.00"', "value = 0.00", "money is written as a text"),
    ("personas.toml", 'value = "0.00"', 'value = "0.0"', "money is written as a text"),
    ("personas.toml", "value = true", "value = 1", "which is not a flag"),
    ("personas.toml", "value = 3", "value = 3.5", "which is not a count"),
    ("personas.toml", "value = 45", 'value = "45"', "which is not a number"),
    ("personas.toml", 'value = 0.50, unit = "ratio"', 'value = 0.50, unit = "months"', "is in ratio"),
    ("personas.toml", 'unit = "ratio", window', "window", "unit: is missing"),
    ("personas.toml", ', window = "balance and limit as last seen"', "", "window: is missing"),
    ("personas.toml", 'source = "SpendSense persona definitions, section 3.1"', "", "source: is missing"),
    ("personas.toml", "effective_on = 2026-11-01", "", "effective_on: is missing"),
    ("personas.toml", "2026-11-01", '"soon"', "effective_on: is 'soon'"),
    ("personas.toml", '"credit.known_limit_count"]', '"credit.limits"]', "must be two signals"),
    ("personas.toml", "any = [", "any = []\nall = [", "any, all: exactly one of the two"),
    ("personas.toml", "any = [", "some = [", "any, all: exactly one of the two"),
    (CARDS, "when = { all = [", "when = { all = [], any = [", "any, all: exactly one of the two"),
    (FIRST, WHEN, "when = 3", "when: is 3, which is of the wrong type"),
    (FIRST, WHEN, "when = { all = [] }", "all: must hold at least one criterion"),
    (FIRST, WHEN, "when = { any = [] }", "any: must hold at least one criterion"),
]

PERSONAS: list[Edit] = [
    ("personas.toml", "primary_window_days = 90", "primary_window_days = 0", "must be a whole number"),
    ("personas.toml", "primary_window_days = 90", "primary_window_days = 60", "is 60; it must be one of 30, 90, 180"),
    ("personas.toml", "minimum_history_days = 30", "minimum_history_days = 400", "the primary window has 90 days"),
    ("personas.toml", 'title = "Bank fees"', 'title = "Nul\\u0000 fees"', "a character that is not seen: U+0000"),
    ("personas.toml", 'title = "Bank fees"', 'title = "Bank fe\\u200bes"', "a character that is not seen: U+200B"),
    ("personas.toml", 'title = "Bank fees"', 'title = "Bank consıder"', 'advice: "consider"'),
    ("personas.toml", 'title = "Bank fees"', 'title = "Pay your fees"', 'advice: "pay your"'),
    ("personas.toml", "primary_window_days = 90", "", "primary_window_days: is missing"),
    ("personas.toml", "primary_window_days = 90", "primary_window_days = 90\nlimit = 3", "limit: is not a key that"),
    ("personas.toml", 'title = "Bank fees"', 'title = "Bank fees"\nnote = "x"', "note: is not a key that is known"),
    ("personas.toml", 'title = "Bank fees"', "title = 3", "title: is 3, which is of the wrong type"),
    ("personas.toml", 'title = "Bank fees"', 'title = " "', "title: must not be empty"),
    ("personas.toml", '"Several subscriptions that', '"Careless: you', 'the tone does not pass: shaming: "careless"'),
    ("personas.toml", "[[persona]]", "[[persona]", "not valid TOML"),
]

EDUCATION: list[Edit] = [
    (CARDS, 'id = "card-interest-explained"', 'id = "utilization-explained"', "stands twice in the rulebook"),
    (FIRST, 'id = "first-days-what-we-see"', 'id = "subscription_heavy"', "stands twice in the rulebook"),
    (FIRST, 'id = "first-days-what-we-see"', 'id = "insufficient_history"', "stands twice in the rulebook"),
    (FIRST, 'id = "first-days-what-we-see"', 'id = "What we see"', "more than small letters, digits and hyphens"),
    (CARDS, 'personas = ["high_utilization"]', 'personas = ["rich"]', "'rich' is not a persona"),
    (CARDS, "{card.limit_cents}", "{card.limit}", "{card.limit} is not a variable that a signal gives"),
    (CARDS, "{card.limit_cents}", "{card.is_overdue}", "{card.is_overdue} is not a variable"),
    (CARDS, "{card.utilization_ratio}", "{card.utilization_ratio:amount}", "{card.utilization_ratio:amount} is not"),
    (FIRST, "{coverage.days_seen}", "coverage.days_seen}", "holds a brace that stands alone"),
    (CARDS, 'card = "highest_utilization"\n', "", "card: is missing"),
    (CARDS, "Card utilization is a simple figure", "You should pay. Card use", 'advice: "you should"'),
    (CARDS, "Card utilization is a simple figure", "{card.label}", "content: holds a variable"),
    (CARDS, 'title = "How card interest adds up"', 'title = "Reckless!"', 'shaming: "reckless"'),
    (CARDS, "Your {card.label} is at", HARD + "Your {card.label} is at", "rationale: the reading grade does not pass"),
    (FIRST, "Right now the history", HARD + "Right now the history", "content: the reading grade does not pass"),
    (FIRST, "of your history so far (", "of 365 days so far (", "rationale: holds '365', a figure that no signal"),
    (FIRST, "From 30 days on", "From 31 days on", "holds '31', a figure that no signal gives"),
    (FIRST, "From 30 days on", "From 30 % on", "holds '30', a figure that no signal gives"),
    (FIRST, "From 30 days on", "From 30 USD on", "holds '30', a figure that no signal gives"),
    (FIRST, "From 30 days on", "From ½ a year on", "holds '½', a figure that no signal gives"),
    (FIRST, "From 30 days on", "From ４０ days on", "holds '４０', a figure that no signal gives"),
    (FIRST, 'id = "first-days-what-we-see"', f'id = "{"x" * 81}"', "must have at most 80 characters"),
    (FIRST, 'source = "Fewer than 30 days seen"', "", "source: is missing"),
    (FIRST, 'topic = "getting started"', "", "topic: is missing"),
]

OFFERS: list[Edit] = [
    ("offers.toml", DECIDES, "You are pre-approved.", 'pressure: "pre approved"'),
    ("offers.toml", DECIDES, "No credit check is made.", "'no credit check' names a predatory product"),
    ("offers.toml", "With this card a balance", "With this title loan", "'title loan' names a predatory product"),
    ("offers.toml", "between 9 % and 17 %", "between 9 % and 36.01 %", "'36.01 %' is above 36 % a year"),
    ("offers.toml", DECIDES, HARD, "content: the reading grade does not pass"),
    ("offers.toml", 'category = "credit_card"', 'category = "lottery"', "category: is 'lottery'"),
    ("offers.toml", 'id = "offer-tallybird-subscriptions"', 'id = "cash-buffer"', "stands twice in the rulebook"),
    ("offers.toml", 'states = ["any"]', "states = [1]", "must be a list of texts"),
    ("offers.toml", 'states = ["any"]', "states = []", "states: must name states"),
    ("offers.toml", 'states = ["any"]\n', "", "states: is missing"),
    ("offers.toml", 'states = ["AZ",', 'states = ["ZA",', "states: 'ZA' is not a state's two letters"),
    ("offers.toml", "max_data_age_days = 14\n", "", "max_data_age_days: is missing"),
    ("offers.toml", "max_data_age_days = 14", "max_data_age_days = 0", "must be a whole number, at least 1"),
    ("offers.toml", 'has_accounts = ["credit"]', 'has_accounts = ["gold"]', "'gold' is neither a type nor a subtype"),
    ("offers.toml", 'has_no_accounts = ["cd"]', 'has_no_accounts = ["piggy"]', "'piggy' is neither a type nor"),
    (
        "offers.toml",
        'has_no_accounts = ["cd"]',
        'has_no_accounts = ["savings"]',
        "'savings' stands in has_accounts",
    ),
    ("offers.toml", 'subtypes = ["money market", "cd"]', 'subtypes = ["money-market"]', "is not a subtype of accounts"),
    ("offers.toml", 'not_held = { names = ["fernhill"] }', "not_held = {}", "at least one of the two must be given"),
    ("offers.toml", 'not_held = { names = ["fernhill"] }', "", "not_held: is missing"),
    ("offers.toml", 'check = "utilization, upper end"', 'check = "minimum income"', "'minimum income' stands twice"),
    ("offers.toml", 'check = "minimum income", ', "", "check: is missing"),
    ("offers.toml", 'partner = "Fernhill Credit Union"', "", "partner: is missing"),
    ("offers.toml", 'personas = ["high_utilization"]', "", "personas: is missing"),
]

DAY = "the day of the move. After"
TALLY = "It can be ended in the app at any time"
PREDATORY: list[Edit] = [
    *(
        ("offers.toml", DAY, f"the day of the {words}. After", "names a predatory product")
        for words in (
            *("cash  advance", "cash\nadvance", "Cash-Advance", "cash\u00a0advance", "pay   day", "pay\n\nday"),
            *("pay\u2011day", "Pаyday", "ＰＡＹＤＡＹ", "pàyday", "title\nloan", "rent—to—own", "wage, advance"),
        )
    ),
    ("offers.toml", DAY, "the move, at 299 percent. After", "content: '299 %' is above 36 % a year"),
    ("offers.toml", DAY, "the move, at 99\u00a0%. After", "content: '99 %' is above 36 % a year"),
    ("offers.toml", DAY, "the move, at 99%. After", "content: '99 %' is above 36 % a year"),
    ("offers.toml", DAY, "the move, at ９９ ％. After", "content: '99 %' is above 36 % a year"),
    ("offers.toml", DAY, "the move, at 1,200 per cent. After", "content: '1200 %' is above 36 % a year"),
    ("offers.toml", DAY, "the move, with an APR of 99. After", "content: '99 %' is above 36 % a year"),
    ("offers.toml", DAY, "the move, at 4 % a month. After", "content: '48 %' is above 36 % a year"),
    ("offers.toml", DAY, "the move, at 1 % per day. After", "content: '365 %' is above 36 % a year"),
    ("offers.toml", 'title = "Fernhill Balance', 'title = "A 99 % Balance', "title: '99 %' is above 36 % a year"),
    ("offers.toml", 'check = "interest paid"', 'check = "payday"', "eligibility: 'payday' names a predatory product"),
    ("offers.toml", TALLY, f"A loan at 399 % comes with it. {TALLY}", "content: '399 %' is above 36 % a year"),
    ("offers.toml", TALLY, f"You can borrow, at 40 % a year. {TALLY}", "content: '40 %' is above 36 % a year"),
]

TEXTS: list[Edit] = [
    ("disclosures.toml", "not financial advice", "not a promise", "text: does not say 'not financial advice'"),
    ("disclosures.toml", "may be paid when", "is paid when", "text: does not say 'may be paid'"),
    (
        "disclosures.toml",
        'must_say = ["education", "not financial advice"]',
        'must_say = ["always right"]',
        "text: does not say 'always right'",
    ),
    ("disclosures.toml", "and some of it may be missing.", HARD, "text: the reading grade does not pass"),
    ("consent.toml", 'current = "2026-12"', 'current = "2027-01"', "there is no version '2027-01'"),
    ("consent.toml", "Your data is not sold.", "Hurry!", 'text: the tone does not pass: pressure: "hurry"'),
    ("consent.toml", "Your data is not sold.", HARD, "text: the reading grade does not pass"),
    ("catalog.toml", "expires_after_days = 30", "expires_after_days = 9999999", "at least 1 and at most 3650"),
    ("catalog.toml", "rest_days = 30", "rest_days = 9999999999", "at least 1 and at most 3650"),
    ("catalog.toml", "offers_max = 3", "offers_max = 40000", "at least 1 and at most 100"),
    ("offers.toml", "max_data_age_days = 14", "max_data_age_days = 9999999", "at least 1 and at most 3650"),
    ("tone.toml", "max_reading_grade = 8", "max_reading_grade = nan", "must be a school grade, 1 to 12"),
    ("tone.toml", "max_reading_grade = 8", "max_reading_grade = 1e999999", "must be a school grade, 1 to 12"),
    ("tone.toml", "max_reading_grade = 8", "", "max_reading_grade: is missing"),
    ("tone.toml", "max_reading_grade = 8", 'max_reading_grade = "8"', "must be a school grade, 1 to 12"),
    ("tone.toml", "max_reading_grade = 8", "max_reading_grade = 60", "must be a school grade, 1 to 12"),
    ("catalog.toml", "education_min = 3", "education_min = 6", "is above education_max"),
    ("vocabulary.toml", 'unit = "cents"', 'unit = "euros"', "unit: is 'euros'"),
    ("vocabulary.toml", 'meaning = "credit cards"', 'meaning = ""', "meaning: must not be empty"),
]
