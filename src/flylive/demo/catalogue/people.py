"""Names for the demo's people: invented, from the places where such rooms are loved."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

MALE, FEMALE, OTHER = 1, 2, 3


class Person(NamedTuple):
    """Whoever registers: gender as in the seed (1 male, 2 female, 3 others), alpha-2 country."""

    name: str
    gender: int
    country: str
    dob: date
    avatar: str


_NAMES: Sequence[tuple[str, Sequence[str], Sequence[str], Sequence[str]]] = (
    ("SA", ("Faisal", "Turki", "Nawaf", "Majed"), ("Reem", "Lama", "Ghada", "Nouf"),
     ("Al-Harbi", "Al-Otaibi", "Al-Dosari", "Al-Zahrani")),
    ("EG", ("Karim", "Tarek", "Hossam", "Amr"), ("Salma", "Nadine", "Yasmin", "Farida"),
     ("Mansour", "El-Sayed", "Fawzy", "Shawky")),
    ("AE", ("Rashid", "Saif", "Hamdan", "Obaid"), ("Maitha", "Shamma", "Alia", "Hessa"),
     ("Al-Mazrouei", "Al-Ketbi", "Al-Suwaidi", "Al-Nuaimi")),
    ("IN", ("Arjun", "Rohan", "Vikram", "Aditya"), ("Priya", "Ananya", "Meera", "Kavya"),
     ("Sharma", "Iyer", "Patel", "Reddy")),
    ("PK", ("Bilal", "Usman", "Hamza", "Zain"), ("Ayesha", "Mahnoor", "Zara", "Hira"),
     ("Qureshi", "Malik", "Siddiqui", "Chaudhry")),
    ("TR", ("Emre", "Mert", "Burak", "Kerem"), ("Elif", "Zeynep", "Defne", "Ece"),
     ("Yilmaz", "Kaya", "Demir", "Aydin")),
    ("BR", ("Rafael", "Thiago", "Bruno", "Caio"), ("Larissa", "Camila", "Beatriz", "Juliana"),
     ("Souza", "Almeida", "Ferreira", "Barros")),
    ("ID", ("Rizky", "Bayu", "Dimas", "Fajar"), ("Putri", "Ayu", "Dewi", "Intan"),
     ("Pratama", "Wijaya", "Saputra", "Lestari")),
    ("MA", ("Youssef", "Anass", "Ilyas", "Hamid"), ("Imane", "Khadija", "Sara", "Hajar"),
     ("Benali", "El Idrissi", "Tazi", "Berrada")),
    ("PH", ("Miguel", "Paolo", "Jomar", "Carlo"), ("Angelica", "Bianca", "Jasmine", "Trisha"),
     ("Santos", "Reyes", "Cruz", "Bautista")),
    ("DE", ("Jonas", "Lukas", "Felix", "Moritz"), ("Lena", "Clara", "Mia", "Johanna"),
     ("Vogel", "Brandt", "Keller", "Winter")),
    ("MX", ("Diego", "Emilio", "Andres", "Ivan"), ("Valeria", "Ximena", "Daniela", "Renata"),
     ("Torres", "Navarro", "Rios", "Mendoza")),
    ("NG", ("Chidi", "Tunde", "Emeka", "Segun"), ("Amaka", "Ngozi", "Folake", "Zainab"),
     ("Okafor", "Balogun", "Eze", "Adeyemi")),
)  # fmt: skip
COUNT = 104
AVATARS = 12


def _person(index: int) -> Person:
    country, men, women, families = _NAMES[index % len(_NAMES)]
    turn = index // len(_NAMES)
    gender = (FEMALE, MALE)[(index % len(_NAMES) + turn) % 2]
    given = (women if gender == FEMALE else men)[turn // 2 % 4]
    return Person(
        f"{given} {families[(turn * 3 + turn // 4 + index) % 4]}",
        OTHER if index % 33 == 32 else gender,
        country,
        date(1980 + index * 7 % 25, 1 + index * 5 % 12, 1 + index * 11 % 28),
        f"/assets/avatars/avatar-{1 + index % AVATARS}.svg",
    )


PEOPLE: Sequence[Person] = tuple(_person(index) for index in range(COUNT))
