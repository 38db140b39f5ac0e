"""What people in the demo rooms say, each in a language of his country.

Lines may hold ``{name}``, whom they are said to.
"""

from random import Random
from typing import NamedTuple


class Tongue(NamedTuple):
    """One language: `hello` on coming in, `chat` in between, `thanks` and `cheer` for gifts."""

    hello: tuple[str, ...]
    chat: tuple[str, ...]
    thanks: tuple[str, ...]
    cheer: tuple[str, ...]


TONGUES: dict[str, Tongue] = {
    "en": Tongue(
        (
            "Hi everyone!",
            "Good evening, room 👋",
            "Hello from my balcony",
            "Hey {name}, missed you",
        ),
        (
            "Who sings next?",
            "That voice though 🎶",
            "Turn the music up a little, please",
            "Can you hear me well?",
            "I only came for five minutes, an hour ago",
            "{name}, tell us the rest of that story",
            "It is raining here, what about you?",
            "One more song and then I sleep. Really.",
        ),
        ("Thank you {name}! ❤️", "So kind, {name}!", "You made my day, {name}"),
        ("Wow, {name}!", "👏👏👏 {name}", "What a gift, {name}!"),
    ),
    "ar": Tongue(
        ("السلام عليكم جميعاً", "مساء الخير 🌙", "أهلاً {name}"),
        (
            "من يغني الآن؟",
            "صوت رائع ما شاء الله",
            "الجو حار جداً اليوم",
            "هل تسمعونني جيداً؟",
            "{name}، أكمل القصة من فضلك",
            "اشتقت لهذه الغرفة",
        ),
        ("شكراً يا {name} ❤️", "الله يسعدك {name}"),
        ("ما شاء الله {name}! 👏", "هدية جميلة {name}"),
    ),
    "ur": Tongue(
        ("السلام علیکم سب کو", "آداب دوستو 🌹", "{name} بھائی کیسے ہو؟"),
        (
            "کوئی غزل سنا دو",
            "کیا بات ہے، بہت خوب!",
            "چائے کا وقت ہو گیا ☕",
            "آواز صاف آ رہی ہے؟",
            "{name}، آگے کیا ہوا؟",
            "آج کرکٹ دیکھا کسی نے؟",
        ),
        ("بہت شکریہ {name} ❤️", "جیتے رہو {name}"),
        ("واہ {name} واہ! 👏", "کمال کر دیا {name}"),
    ),
    "hi": Tongue(
        ("नमस्ते दोस्तों 🙏", "सबको शुभ संध्या", "{name}, कैसे हो?"),
        (
            "एक पुराना गाना हो जाए?",
            "क्या आवाज़ है!",
            "चाय कौन पिलाएगा ☕",
            "मेरी आवाज़ आ रही है?",
            "{name}, आगे सुनाओ",
            "आज मैच किसने देखा?",
        ),
        ("बहुत धन्यवाद {name} ❤️", "शुक्रिया {name}!"),
        ("वाह {name}! 👏", "कमाल है {name}"),
    ),
    "bn": Tongue(
        ("সবাইকে শুভ সন্ধ্যা", "কেমন আছেন সবাই?", "আরে {name}!"),
        (
            "একটা গান হোক?",
            "দারুণ গলা!",
            "এখানে খুব বৃষ্টি হচ্ছে 🌧️",
            "আমাকে শুনতে পাচ্ছেন?",
            "{name}, তারপর কী হলো?",
        ),
        ("অনেক ধন্যবাদ {name} ❤️", "ধন্যবাদ {name}!"),
        ("বাহ {name}! 👏", "অসাধারণ {name}"),
    ),
    "id": Tongue(
        ("Selamat malam semua", "Halo halo 👋", "Hai {name}, apa kabar?"),
        (
            "Siapa mau nyanyi?",
            "Suaranya merdu sekali 🎶",
            "Suara saya jelas tidak?",
            "Di sini hujan deras",
            "{name}, lanjut ceritanya dong",
            "Belum ngantuk nih",
        ),
        ("Makasih {name} ❤️", "Terima kasih banyak {name}!"),
        ("Keren {name}! 👏", "Wah, {name} baik sekali"),
    ),
    "tl": Tongue(
        ("Magandang gabi sa lahat", "Kumusta kayo? 👋", "Uy, {name}!"),
        (
            "Sino ang susunod na kakanta?",
            "Ang ganda ng boses 🎤",
            "Naririnig niyo ba ako?",
            "Kakain muna ako, babalik ako",
            "{name}, ituloy mo ang kwento",
        ),
        ("Salamat {name} ❤️", "Ang bait mo {name}!"),
        ("Grabe {name}! 👏", "Ang galing ni {name}"),
    ),
    "vi": Tongue(
        ("Chào cả nhà", "Chào buổi tối 🌙", "Chào {name} nha"),
        (
            "Ai hát tiếp đi?",
            "Giọng hay quá 🎶",
            "Mọi người nghe rõ không?",
            "Hà Nội hôm nay lạnh ghê",
            "{name} kể tiếp đi",
        ),
        ("Cảm ơn {name} ❤️", "{name} dễ thương quá!"),
        ("Tuyệt vời {name}! 👏", "Quà đẹp quá {name}"),
    ),
    "th": Tongue(
        ("สวัสดีทุกคน 🙏", "สวัสดีตอนเย็น", "หวัดดี {name}"),
        (
            "ใครจะร้องเพลงต่อ?",
            "เสียงดีมากเลย 🎶",
            "ได้ยินไหมทุกคน?",
            "วันนี้รถติดมาก",
            "{name} เล่าต่อหน่อย",
        ),
        ("ขอบคุณนะ {name} ❤️", "ใจดีจัง {name}"),
        ("ว้าว {name}! 👏", "สุดยอดเลย {name}"),
    ),
    "tr": Tongue(
        ("Herkese iyi akşamlar", "Selam arkadaşlar 👋", "Hoş geldin {name}"),
        (
            "Sıradaki şarkı kimden?",
            "Ne güzel ses 🎶",
            "Sesim geliyor mu?",
            "Çay demledim, buyurun ☕",
            "{name}, hikâyenin devamı?",
            "Dün akşamki maçı izlediniz mi?",
        ),
        ("Çok teşekkürler {name} ❤️", "Eksik olma {name}!"),
        ("Helal olsun {name}! 👏", "Vay be {name}"),
    ),
    "pt": Tongue(
        ("Boa noite, gente!", "Oi, pessoal 👋", "Fala, {name}!"),
        (
            "Quem canta agora?",
            "Que voz linda 🎶",
            "Vocês me ouvem bem?",
            "Aqui está um calor danado",
            "{name}, conta o resto!",
            "Só mais uma música e eu vou dormir",
        ),
        ("Obrigado, {name} ❤️", "Que carinho, {name}!"),
        ("Uau, {name}! 👏", "Arrasou, {name}"),
    ),
    "es": Tongue(
        ("¡Buenas noches a todos!", "Hola, hola 👋", "¿Qué tal, {name}?"),
        (
            "¿Quién canta ahora?",
            "Qué bonita voz 🎶",
            "¿Me escuchan bien?",
            "Por aquí no para de llover",
            "{name}, termina la historia",
            "Me quedo un rato más",
        ),
        ("¡Gracias, {name}! ❤️", "Qué detalle, {name}"),
        ("¡Bravo, {name}! 👏", "Qué regalazo, {name}"),
    ),
    "fr": Tongue(
        ("Bonsoir tout le monde", "Coucou la salle 👋", "Salut {name} !"),
        (
            "À qui le tour de chanter ?",
            "Quelle belle voix 🎶",
            "Vous m'entendez bien ?",
            "Il fait froid ce soir",
            "{name}, raconte la suite !",
        ),
        ("Merci {name} ❤️", "C'est gentil, {name} !"),
        ("Bravo {name} ! 👏", "Magnifique, {name}"),
    ),
    "de": Tongue(
        ("Guten Abend zusammen", "Hallo in die Runde 👋", "Na, {name}?"),
        (
            "Wer singt als Nächstes?",
            "Was für eine Stimme 🎶",
            "Hört ihr mich gut?",
            "Hier schneit es schon",
            "{name}, wie ging es weiter?",
        ),
        ("Danke dir, {name} ❤️", "Das ist lieb, {name}!"),
        ("Wow, {name}! 👏", "Großartig, {name}"),
    ),
    "ru": Tongue(
        ("Всем добрый вечер", "Привет, комната 👋", "Привет, {name}!"),
        (
            "Кто поёт следующий?",
            "Какой голос 🎶",
            "Меня хорошо слышно?",
            "У нас уже снег",
            "{name}, а что было дальше?",
        ),
        ("Спасибо, {name} ❤️", "Очень приятно, {name}!"),
        ("Ого, {name}! 👏", "Браво, {name}"),
    ),
    "zh": Tongue(
        ("大家晚上好", "哈喽 👋", "{name}，好久不见"),
        (
            "下一首谁来唱？",
            "声音真好听 🎶",
            "听得到我说话吗？",
            "{name}，故事接着讲呀",
            "今天好累，来放松一下",
        ),
        ("谢谢{name} ❤️", "{name}太客气了"),
        ("哇，{name}！👏", "{name}真大方"),
    ),
    "ja": Tongue(
        ("みなさんこんばんは", "こんばんは 👋", "{name}さん、久しぶり"),
        (
            "次は誰が歌う？",
            "いい声ですね 🎶",
            "聞こえますか？",
            "{name}さん、続きは？",
            "今日は寒いですね",
        ),
        ("{name}さん、ありがとう ❤️", "うれしいです、{name}さん"),
        ("すごい、{name}さん！👏", "{name}さん、最高"),
    ),
    "ko": Tongue(
        ("모두 좋은 저녁이에요", "안녕하세요 👋", "{name}님 오랜만이에요"),
        (
            "다음 노래 누구예요?",
            "목소리 정말 좋네요 🎶",
            "제 목소리 들려요?",
            "{name}님, 그다음은요?",
        ),
        ("{name}님 고마워요 ❤️", "감동이에요, {name}님"),
        ("와, {name}님! 👏", "{name}님 최고"),
    ),
}

_SPOKEN = {
    "ar": "AE SA EG MA JO IQ KW QA OM BH LB DZ TN SY YE SD LY PS",
    "ur": "PK",
    "hi": "IN",
    "bn": "BD",
    "id": "ID MY",
    "tl": "PH",
    "vi": "VN",
    "th": "TH",
    "tr": "TR",
    "pt": "BR PT AO MZ",
    "es": "ES MX AR CO CL PE VE EC",
    "fr": "FR BE SN CI",
    "de": "DE AT CH",
    "ru": "RU KZ BY",
    "zh": "CN TW HK SG",
    "ja": "JP",
    "ko": "KR",
}
_TONGUE_OF = {country: tongue for tongue, listed in _SPOKEN.items() for country in listed.split()}
MOTHER_TONGUE = 0.8
"""How often somebody speaks his own language; else English, which all understand."""


def tongue(country: str, random: Random) -> Tongue:
    """What somebody from that country speaks this time."""
    own = _TONGUE_OF.get(country, "en")
    return TONGUES[own if random.random() < MOTHER_TONGUE else "en"]
