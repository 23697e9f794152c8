#!/usr/bin/env python3
"""Difficult strings with the ids that published tokenizers give them.

Writes data/goldens/text/tokens_more.jsonl: `clip`, `clip_ftfy`, `clip_basic`, `t5`, `byt5` over the
real vocabularies of data/goldens/text/real_tokenizers, `t5_sentencepiece` and
`t5_sentencepiece_legacy_false` over the tiny spiece.model. transformers 4.46.3, ftfy 6.3.1,
sentencepiece 0.2. `mojibake` marks rows whose clip_ftfy needs ftfy's repair of encodings.

    scripts/golden/text_tokens.py [--seed N] [--count N] [--out FILE]"""
import argparse
import json
import random
import unicodedata
from pathlib import Path

import ftfy
from transformers import ByT5Tokenizer, CLIPTokenizer, CLIPTokenizerFast, T5Tokenizer, T5TokenizerFast
from transformers.models.clip.tokenization_clip import BasicTokenizer

GOLDENS = Path(__file__).resolve().parents[2] / "data" / "goldens"

BY_HAND = [
    "", " ", "\t\n", "\u3000", "\u2028\u2029", "a", "A", "0", "'", "''", "'S", "'s's", "I'LL'RE'VE'M'D'T",
    "it's the dog's 2nd b'day", "don't can't won't", "'tis", "rock'n'roll", "l'été",
    "<|endoftext|>", "<|startoftext|>", "<|EndOfText|>", "!<|ENDOFTEXT|>!", "a<|endoftext|>b<|startoftext|>",
    "<|endoftext|", "< |endoftext|>", "&lt;|endoftext|&gt;", "<|endoftext|><|endoftext|>",
    "</s>", "a</s>", "</s>a", " </s> ", "<pad>", "<unk>", "<extra_id_0>", "<extra_id_99>", "<extra_id_100>",
    "x <extra_id_5> y", "<extra_id_1><extra_id_2>", "</S>", "<PAD>", "\uff1cpad\uff1e", "\uff1c/s\uff1e",
    "&amp;", "&amp;amp;", "&amp;lt;b&amp;gt;", "&eacute;&EACUTE;&Eacute;", "&szlig;&SZLIG;", "&nbsp;x&nbsp;",
    "&#65;&#x41;&#X41;", "&#0;", "&#59;", "&#x3b;", "&#128;&#150;", "&#xD800;", "&#1114112;", "&#99999999999;",
    "&#12ab;", "&#xg;", "&#;", "&;", "& amp;", "&notanentity;", "&lt", "a<b &amp; c", "x\n<y &amp; z\n&amp;",
    "&hellip;&mdash;&ldquo;q&rdquo;", "&NotEqualTilde;&fjlig;", "&HilbertSpace;", "&#10;&#13;&#9;", "&#8232;",
    "\u201cquoted\u201d \u2018single\u2019 \u02bc \u201b\u201f", "\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06", "\u0132\u0133\u0149\u01c4\u01c5\u01c6",
    "\uff21\uff22\uff23 \uff11\uff12 \uff76\uff9e\uff77\uff9f", "\uffe6\uffe5", "\u3000\u3000x\u3000",
    "\x1b[31mred\x1b[0m", "\x1b[", "\x1b[1;2", "a\x00b", "a\x07b", "a\x7fb", "\ufeffbom", "x\ufffcy", "\u206ax",
    "a\r\nb\rc\u2028d\u2029e\x85f", "\x80\x85\x91\x92\x99\x9f", "a\x0bb\x0cc", "a\x1cb\x1dc\x1ed\x1fe",
    "\u0041\u030a \u212b \u00c5", "e\u0301 \u00e9", "\u1100\u1161\u11a8 \uac01", "\u0344", "a\u0308\u0308\u0308", "\u0958",
    "\u1e9b\u0323", "\u0323\u0307", "q\u0307\u0323", "\u03a9\u2126", "K\u212a", "\u017f", "it'\u017f", "'\u017f", "'\u212a",
    "\u03a3", "\u03a3\u03a3", "\u039f\u0394\u039f\u03a3", "\u039f\u0394\u039f\u03a3.", "\u03a3\u0391\u03a3 \u03a3", "a\u03a3'b", "a\u03a3'", "a\u0301\u03a3\u0301", "\u03a3\u00adx",
    "\u0130", "\u0130stanbul", "I\u0307", "\u0131", "\u1e9e", "\u1fb3 \u1fbc \u1f88", "\u01c5", "\u0345", "a\u0345", "\u0399\u0345\u03b1",
    "\u2160\u2161\u217b", "\u24b6\u24d0", "\u00aa\u00ba\u00b2\u00b3\u00bc\u00bd", "\u0661\u0662\u06f1\u0967\u0e51", "1234567890", "3.14159", "1,000,000",
    "\u4f60\u597d", "\u4f60\u597dhello\u4e16\u754c", "\u65e5\u672c\u8a9e\u30c6\u30ad\u30b9\u30c8", "\ud55c\uad6d\uc5b4", "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22", "\u0645\u0631\u062d\u0628\u0627", "\u05e9\u05dc\u05d5\u05dd", "\u0928\u092e\u0938\u094d\u0924\u0947",
    "\U00020000\U0002a6d6\U0002f800", "\uf900\ufa0e", "\u3007\u3021", "\u3105\u3106", "\u1f1e6",
    "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea\U0001f1eb", "\u2764\ufe0f", "1\ufe0f\u20e3", "\U0001f44d\U0001f3fd", "\U0001f3f4\U000e0067\U000e0062\U000e007f",
    "\u200b", "a\u200bb", "a\u200cb\u200dc", "a\u00adb", "\u202eabc\u202c", "\u2060", "\u180e", "\ufffd", "a\ufffdb", "\ue000", "\U0010ffff", "\u0378",
    "a  b   c    d", "  lead", "trail  ", " both ", "a\t b", "a \n b", "\u00a0a\u00a0\u00a0b", "\u2003x\u2003",
    "\u2581", "\u2581a", "a\u2581b", "a \u2581 b", "\u2581\u2581\u2581", " \u2581",
    "\uff41\u0300", "\u3000\u0301", "\u00a0\u0301", "\u2026\u0301", "\u00bd\u0301x", "\r\n", "a\r\n\r\nb", "\u00b5\u2126\u00aa", "\u2460\u3231\u33a1", "\ufdfa", "\u01c4\u0301",
    "a" * 300, "ab" * 200, "supercalifragilisticexpialidocious" * 8, "\u4f60" * 120, "!" * 200, "?!" * 100, "1" * 90,
    "word " * 100, "\U0001f600" * 60, "\u0301" * 20, "a" + "\u0301\u0323" * 12, "<" * 20, "&amp;" * 30, "'" * 30,
    'a sign, that reads "OPEN 24h"', "NO PARKING", "50% OFF!!!", "$9.99", "\u20ac5,00", "C++ / C#", "x = y ** 2;", "foo_bar-baz", "www.example.com/?q=1&r=2", "user@example.com",
    "#hashtag @user", "10:30-12:45", "(a) [b] {c}", "\\n \\t \\\\", "\"\"\"", "``x''", "--", "\u2014\u2013\u2012", "...", "\u2026", "\u00b7\u2022\u25cf",
    "caf\u00e9 na\u00efve r\u00e9sum\u00e9", "\u0141\u00f3d\u017a \u017b\u00f3\u0142\u0107", "Stra\u00dfe STRASSE", "\u00d8re \u00c6ble", "\u041f\u0440\u0438\u0432\u0435\u0442 \u041c\u0418\u0420", "\u0393\u03b5\u03b9\u03ac \u03c3\u03bf\u03c5", "\u0531\u0582\u0587", "\u10d0\u10b0\u1c90",
    "\u00c3\u00a9", "\u00e2\u20ac\u0153x\u00e2\u20ac\u009d",
]

POOLS = [
    lambda r: chr(r.randrange(32, 127)),
    lambda r: r.choice("   \t\n\r\u00a0\u2003\u3000\u2028\x85\x1c"),
    lambda r: r.choice("'’‘“”\"&;<>|#%"),
    lambda r: r.choice(["'s", "'RE", "&amp;", "&eacute;", "&#x2019;", "<|endoftext|>", "</s>", "<extra_id_7>", "<pad>", "\u2581"]),
    lambda r: chr(r.randrange(0xA0, 0x250)),
    lambda r: chr(r.randrange(0x300, 0x370)),
    lambda r: chr(r.randrange(0x370, 0x530)),
    lambda r: chr(r.randrange(0x590, 0x700)),
    lambda r: chr(r.randrange(0x900, 0xE80)),
    lambda r: chr(r.randrange(0x1100, 0x1200)),
    lambda r: chr(r.randrange(0x1E00, 0x2000)),
    lambda r: chr(r.randrange(0x2000, 0x2C00)),
    lambda r: chr(r.randrange(0x3000, 0x3400)),
    lambda r: chr(r.randrange(0x4E00, 0xA000)),
    lambda r: chr(r.randrange(0xAC00, 0xD7A4)),
    lambda r: chr(r.randrange(0xF900, 0x10000)),
    lambda r: chr(r.randrange(0x1D400, 0x1D800)),
    lambda r: chr(r.randrange(0x1F000, 0x1FB00)),
    lambda r: r.choice(["shop", "OPEN", "the", "Sign", "reads", "24h", "sale", "caf\u00e9"]),
]


def assigned(text):
    """Characters that every one of the programs' Unicode versions knows."""
    return all(unicodedata.ucd_3_2_0.category(c) != "Cn" for c in text)


def mixed(r):
    chosen = r.sample(POOLS, r.randrange(1, 5))
    return "".join(r.choice(chosen)(r) for _ in range(r.randrange(1, 40)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=420)
    parser.add_argument("--out", default=str(GOLDENS / "text" / "tokens_more.jsonl"))
    args = parser.parse_args()
    real = GOLDENS / "text" / "real_tokenizers"
    fast = CLIPTokenizerFast.from_pretrained(real / "clip")
    slow = CLIPTokenizer.from_pretrained(real / "clip")
    basic = CLIPTokenizer.from_pretrained(real / "clip")
    basic.fix_text = None
    basic.nlp = BasicTokenizer(strip_accents=False, do_split_on_punc=False)
    unrepaired = CLIPTokenizer.from_pretrained(real / "clip")
    unrepaired.fix_text = lambda text: ftfy.fix_text(text, fix_encoding=False)
    t5 = T5TokenizerFast.from_pretrained(real / "t5")
    byt5 = ByT5Tokenizer()
    spiece = str(GOLDENS / "tiny-a" / "tokenizer_2" / "spiece.model")
    legacy, modern = (T5Tokenizer(spiece, legacy=flag) for flag in (True, False))
    r = random.Random(args.seed)
    texts = list(BY_HAND) if args.seed == 1 else []
    while len(texts) < args.count:
        text = mixed(r)
        if assigned(text):
            texts.append(text)
    with open(args.out, "w") as out:
        for text in texts:
            row = {"text": text}
            for name, tokenizer in (
                ("clip", fast), ("clip_ftfy", slow), ("clip_basic", basic), ("t5", t5), ("byt5", byt5),
                ("t5_sentencepiece", legacy), ("t5_sentencepiece_legacy_false", modern),
            ):
                row[name] = tokenizer(text)["input_ids"]
            if unrepaired(text)["input_ids"] != row["clip_ftfy"]:
                row["mojibake"] = True
            out.write(json.dumps(row, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
