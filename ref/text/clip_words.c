/* clip_words.c: the expression of clip_words.h by hand. Test: tests/text/test_clip_words.c. */
#include "ref/text/clip_words.h"

#include "ref/text/unicode.h"

/* The length of `word` (lower-case ASCII) when it stands at r, else 0. */
static int64_t stands(const int32_t *r, int64_t count, const char *word, bool ignore_case)
{
    int64_t i = 0;
    for (; word[i]; i++) {
        if (i == count)
            return 0;
        const bool long_s = ignore_case && word[i] == 's' && r[i] == 0x17F;
        const bool kelvin = ignore_case && word[i] == 'k' && r[i] == 0x212A;
        if (r[i] != word[i] && !long_s && !kelvin)
            return 0;
    }
    return i;
}

static int64_t one_of(const int32_t *r, int64_t count, const char *const *words, bool ignore_case)
{
    for (; *words; words++) {
        const int64_t n = stands(r, count, *words, ignore_case);
        if (n)
            return n;
    }
    return 0;
}

/* What no alternative matches. Ignoring case, the combining iota counts as a letter where letters
 * are excluded and as none where they are asked for: Python's expression drops it. */
static bool outside(int32_t rune, bool python)
{
    return ts_is_space(rune) || (python && rune == 0x345);
}

static int64_t letters(const int32_t *r, int64_t count)
{
    int64_t n = 0;
    while (n < count && ts_is_letter(r[n]))
        n++;
    return n;
}

static int64_t others(const int32_t *r, int64_t count, bool python)
{
    int64_t n = 0;
    while (n < count && !ts_is_letter(r[n]) && !ts_is_number(r[n]) && !outside(r[n], python))
        n++;
    return n;
}

int64_t ts_clip_next_word(const ts_runes *text, int64_t *first, bool python)
{
    static const char *const special[] = {"<|startoftext|>", "<|endoftext|>", NULL};
    static const char *const ending[] = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d", NULL};
    while (*first < text->count && outside(text->at[*first], python))
        ++*first;
    const int64_t count = text->count - *first;
    if (count <= 0)
        return 0;
    const int32_t *const r = text->at + *first;
    int64_t n = python ? one_of(r, count, special, true) : 0;
    if (!n)
        n = one_of(r, count, ending, python);
    if (!n)
        n = letters(r, count);
    if (!n && ts_is_number(r[0]))
        n = 1;
    return n ? n : others(r, count, python);
}
