"""Texts and their numbers of words, for the server and for the browser alike."""

WORD_TABLE: dict[str, int] = {
    "": 0,
    " \n\t\u00a0 ": 0,
    "— … ! ? ,": 0,
    "One two  three\nfour\tfive": 5,
    "under_score": 1,
    # Hyphens and apostrophes inside a word
    "a well-known mother-in-law": 3,
    "pre- and post-test": 3,
    "- a dash - between": 3,
    "don't it’s o'clock": 3,
    "'quoted' ’quoted’": 2,
    "e.g. 3.5 v1.2.3": 3,
    "end.Next": 1,
    "dash—between": 2,
    # Digits
    "room 214 at 9:42": 5,
    "1,000": 2,
    "½ x² ٣": 3,
    # Languages that part words by spaces
    "¿Qué pasó en la lección?": 5,
    "Äpfel, Øl und naïve Façaden": 5,
    "Η Νίκη έγραψε": 3,
    "Ольга написала текст": 3,
    "כתבתי היום": 2,
    "كتبت اليوم": 2,
    # Letters that carry marks of their own
    "cafe\u0301s": 1,
    "हिन्दी भाषा": 2,
    "தமிழ் மொழி": 2,
    "كَتَبْتُ": 1,
    "שָׁלוֹם": 1,
    # Scripts that part nothing: each character counts
    "先生": 2,
    "今日はいい天気": 7,
    "カタカナ 漢字": 6,
    "ภาษาไทย": 7,
    "LTIツール": 4,
    # Pictures are no words
    "🙂 👩\u200d🏫 🇪🇸": 0,
    "a 🙂 b": 2,
    "\u2764\ufe0f ok": 1,
    "\U0001f44d\U0001f3fd done": 1,
    # Directions, joiners, halves
    "\u202eabc\u202c def": 2,
    "soft\u00adhyphen": 2,
    "zero\u200bwidth": 2,
    "می\u200cخواهم": 2,
}
