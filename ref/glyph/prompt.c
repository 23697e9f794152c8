/* prompt.c: caption and lines of text made one sentence.
 *
 *     CAPTION, that reads LINE , LINE .
 *
 * The model was trained with one of ten joining phrases, drawn evenly. Positions ("top left") that
 * the same data format allows are never named.
 * Source: the data set class of the published code (from AnyText). Test: tests/glyph/test_prompt.c.
 */
#include "ref/glyph/prompt.h"

#include "ref/base/ctx.h"

#include <string.h>

static const char place_holder = '*';

const char *ts_phrase(int i)
{
    static const char *const phrases[TS_PHRASES] = {
        ", content and position of the texts are ",
        ", textual material depicted in the image are ",
        ", texts that says ",
        ", captions shown in the snapshot are ",
        ", with the words of ",
        TS_DEFAULT_PHRASE,
        ", the written materials on the picture: ",
        ", these texts are written on it: ",
        ", captions are ",
        ", content of the text in the graphic is ",
    };
    return i >= 0 && i < TS_PHRASES ? phrases[i] : NULL;
}

/* The sentence with place holders; its caption holds none. */
static char *sentence(const char *caption, const char *phrase, int64_t count)
{
    const size_t head = strlen(caption), middle = strlen(phrase), tail = 4 * (size_t)count;
    char *text = ts_alloc(head + middle + tail + 1);
    if (!text)
        return NULL;
    memcpy(text, caption, head);
    for (size_t i = 0; i < head; i++)
        text[i] = text[i] == place_holder ? ' ' : text[i];
    memcpy(text + head, phrase, middle);
    char *end = text + head + middle;
    for (int64_t i = 0; i < count; i++, end += 4)
        memcpy(end, i + 1 < count ? "* , " : "* .", 4);
    return text;
}

/* Puts the line in the place of the leftmost place holder. Frees text; NULL without memory. */
static char *put(char *text, const char *line)
{
    const char *at = strchr(text, place_holder);
    const size_t size = strlen(text), length = strlen(line);
    const size_t before = at ? (size_t)(at - text) : size;
    char *out = ts_alloc(size + length + 1);
    if (out && at) {
        memcpy(out, text, before);
        memcpy(out + before, line, length);
        memcpy(out + before + length, at + 1, size - before);
    } else if (out) {
        memcpy(out, text, size + 1);
    }
    ts_free(text);
    return out;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

char *ts_prompt(ts_ctx *ctx, const char *caption, const char *phrase, const char *const *lines,
                int64_t count)
{
    phrase = phrase ? phrase : TS_DEFAULT_PHRASE;
    if (count < 1) {
        ts_fail(ctx, TS_ERROR_USAGE, "a prompt needs at least one line of text");
        return NULL;
    }
    if (strchr(phrase, place_holder)) {
        ts_fail(ctx, TS_ERROR_USAGE, "the phrase \"%s\" holds a '*', which stands for the lines",
                phrase);
        return NULL;
    }
    if (!caption || is_blank(caption)) {
        caption = "";
        phrase += *phrase == ',';
        phrase += strspn(phrase, " ");
    }
    char *text = sentence(caption, phrase, count);
    for (int64_t i = 0; text && i < count; i++)
        text = put(text, lines[i]);
    if (!text)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a prompt of %lld lines", (long long)count);
    return text;
}

int64_t ts_cut_line(const char *text, int64_t characters)
{
    int64_t bytes = 0;
    for (; text[bytes]; bytes++) {
        const bool starts = ((unsigned char)text[bytes] & 0xC0) != 0x80;
        if (starts && characters-- == 0)
            break;
    }
    return bytes;
}
