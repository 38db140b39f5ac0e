"""People with names as they are: common and rare ones, several scripts, emoji, odd spellings."""

import itertools
from collections.abc import Iterator, Sequence
from random import Random

import psycopg


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LATIN = _words(
    "Ahmed Mohammed Muhammad Ali Omar Fatima Aisha Sara Layla Yusuf Khalid Hassan Hussein Zainab"
    " Maryam Bilal Imran Usman Hamza Tariq Nadia Rania Salma Noor Amir Karim Rashid Saeed Sami"
    " Farah Priya Rahul Amit Anjali Deepa Ravi Sanjay Vikram Neha Pooja Arjun John Maria Alexander"
    " Michael Sofia Elena Dmitri Olga Svetlana Wei Ming Xiao Chen Jose Juan Carlos Ana Lucia"
)
FAMILY = _words(
    "Khan Malik Hussain Shah Ahmed Ali Sharma Singh Kumar Patel Gupta Silva Santos Garcia Lopez"
    " Martinez Smith Johnson Brown Ivanov Petrov Wang Li Zhang Liu Rahman Islam Chowdhury Begum"
    " Akhtar Butt Qureshi Mirza Baig Sheikh"
)
ARABIC = _words("احمد محمد علي فاطمة عائشة خالد حسن حسين يوسف مريم نور سارة ليلى عمر")
EMOJI = ("🔥", "👑", "💎", "🌹", "✨", "😎")

SEARCHES: dict[str, Sequence[str]] = {
    "a signature": ("100000017", "100012345", "100099999"),
    "a rare beginning": ("Svetlana Be", "Deepa Ba", "Vikram Mi"),
    "a common beginning": ("Mohammed", "ahmed", "ali"),
    "one letter": ("m", "S", "ن"),
    "two letters": ("mo", "Kh", "مر"),
    "a common family name": ("khan", "sharma", "Ali"),
    "a part of few names": ("hmed B", "nia Qur", "leena"),
    "Arabic": ("محمد", "فاطمة علي", "ليلى"),
    "an emoji": ("🔥", "👑", "✨"),
    "misspelt": ("muhamed", "alexnder", "svetlanna"),
    "misspelt, common": ("mohamed ali", "ahmad khann", "fatma"),
    "nobody": ("zxcvbnm", "qqqqqqqq", "christopher"),
}
"""What is looked for, by what is hard about it."""


def names(seed: int = 1) -> Iterator[str]:
    """Names without end, the same ones for the same seed; a few are frequent, as in life."""
    random = Random(seed)

    def pick(words: Sequence[str]) -> str:
        if random.random() < 0.6:
            return words[min(int(random.paretovariate(0.7)) - 1, len(words) - 1)]
        return random.choice(words)

    def made_up() -> str:
        syllables = (
            random.choice("bcdfghjklmnprstvwz") + random.choice("aeiou")
            for _ in range(random.randint(2, 4))
        )
        return "".join(syllables).capitalize()

    while True:
        kind = random.random()
        if kind < 0.45:
            yield f"{pick(LATIN)} {pick(FAMILY)}"
        elif kind < 0.60:
            yield f"{pick(ARABIC)} {pick(ARABIC)}"
        elif kind < 0.75:
            yield f"{made_up()} {pick(FAMILY)}"
        elif kind < 0.90:
            yield f"{made_up()}{random.randint(1, 9999)}"
        else:
            yield f"{random.choice(EMOJI)}{pick(LATIN)}{random.choice(EMOJI)}"


def add(owner_url: str, first_id: int, count: int) -> None:
    """Put so many people in, with ids from `first_id` on and signatures from 100000000 + id."""
    copy = "COPY users (id, name, email, signature, password, dob, gender, country) FROM STDIN"
    people = zip(itertools.count(first_id), itertools.islice(names(), count), strict=False)
    with psycopg.connect(owner_url) as connection:
        # Made anew afterwards: far quicker than to keep up with every row.
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'users'"
            " AND starts_with(indexname, 'idx_users_name')"
        ).fetchall()
        for index, _ in indexes:
            connection.execute(f"DROP INDEX {index}")
        with connection.cursor() as cursor, cursor.copy(copy) as rows:
            for user_id, name in people:
                email, signature = f"named{user_id}@flylive.example", str(100_000_000 + user_id)
                rows.write_row((user_id, name, email, signature, "!", "1990-01-01", 1, "PK"))
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute(
            "SELECT setval(pg_get_serial_sequence('users', 'id'), max(id)) FROM users"
        )
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) users")
