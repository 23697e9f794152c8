/* spiece.c: a reader of the few fields that are needed; every length is checked against what is
 * left. Test: tests/text/test_spiece.c. */
#include "ref/text/spiece.h"

#include "ref/io/file.h"

#include <string.h>

enum { NORMAL = 1, UNKNOWN = 2, CONTROL = 3, USER_DEFINED = 4, UNUSED = 5, BYTE = 6 };
enum { UNIGRAM = 1 };
enum { FILE_BYTES = 64 << 20 };

/* A message that is being read; after damage `damaged` stands and nothing more comes. */
typedef struct {
    const char *at, *end;
    bool damaged;
} reader;

typedef struct {
    int number, kind; /* kind: 0 varint, 1 eight bytes, 2 bytes, 5 four bytes */
    uint64_t value;   /* of kinds 0, 1 and 5 */
    reader bytes;     /* of kind 2 */
} field;

static uint64_t varint(reader *r)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (r->at == r->end)
            break;
        const unsigned char b = (unsigned char)*r->at++;
        value |= (uint64_t)(b & 0x7F) << shift;
        if (!(b & 0x80))
            return value;
    }
    r->damaged = true;
    return 0;
}

static uint64_t fixed(reader *r, int bytes)
{
    uint64_t value = 0;
    if (r->end - r->at < bytes) {
        r->damaged = true;
        return 0;
    }
    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)(unsigned char)*r->at++ << 8 * i;
    return value;
}

static bool next_field(reader *r, field *f)
{
    if (r->damaged || r->at == r->end)
        return false;
    const uint64_t key = varint(r);
    *f = (field){.number = (int)(key >> 3 & 0x1FFFFFFF), .kind = (int)(key & 7)};
    if (f->kind == 0) {
        f->value = varint(r);
    } else if (f->kind == 1 || f->kind == 5) {
        f->value = fixed(r, f->kind == 1 ? 8 : 4);
    } else if (f->kind == 2) {
        const uint64_t bytes = varint(r);
        if (bytes > (uint64_t)(r->end - r->at))
            r->damaged = true;
        else {
            f->bytes = (reader){r->at, r->at + bytes, false};
            r->at += bytes;
        }
    } else {
        r->damaged = true;
    }
    return !r->damaged;
}

static double as_float(uint64_t bits)
{
    const uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof value);
    return (double)value;
}

typedef struct {
    double lowest, highest; /* scores of normal pieces */
    bool any;
    int64_t model_type;
} summary;

static ts_status read_piece(ts_ctx *ctx, ts_spiece *s, reader r, summary *sum, const char *path)
{
    reader piece = {0};
    double score = 0;
    int64_t type = NORMAL;
    field f;
    while (next_field(&r, &f)) {
        if (f.number == 1 && f.kind == 2)
            piece = f.bytes;
        else if (f.number == 2 && f.kind == 5)
            score = as_float(f.value);
        else if (f.number == 3 && f.kind == 0)
            type = (int64_t)(f.value & 0xFF);
    }
    const int64_t bytes = piece.end - piece.at, id = s->unigram.count;
    if (r.damaged || bytes < 1 || !(score - score == 0))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: piece %lld is damaged", path, (long long)id);
    if (type == BYTE)
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s: byte fallback is not built in", path);
    if (type == UNKNOWN)
        s->unigram.unknown = id;
    if (type == NORMAL) {
        sum->lowest = sum->any && sum->lowest < score ? sum->lowest : score;
        sum->highest = sum->any && sum->highest > score ? sum->highest : score;
        sum->any = true;
    }
    if (type == USER_DEFINED)
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED,
                       "%s: piece %lld is a user-defined symbol: not built in", path,
                       (long long)id);
    if (ts_trie_put(ctx, &s->names, piece.at, bytes, id))
        return ctx->status;
    return ts_unigram_add(ctx, &s->unigram, piece.at, bytes, score, type == NORMAL);
}

static ts_status read_normalizer(ts_ctx *ctx, ts_spiece *s, reader r, const char *path)
{
    field f;
    while (next_field(&r, &f) && !ctx->status) {
        if (f.number == 2 && f.kind == 2) {
            ts_charsmap_free(&s->map);
            ts_charsmap_read(ctx, &s->map, f.bytes.at, f.bytes.end - f.bytes.at, path);
        } else if (f.kind == 0 && f.number == 3) {
            s->prefix = f.value != 0;
        } else if (f.kind == 0 && f.number == 4) {
            s->squeezed = f.value != 0;
        } else if (f.kind == 0 && f.number == 5) {
            s->escaped = f.value != 0;
        }
    }
    if (r.damaged)
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: the normalizer's part is damaged", path);
    return ctx->status;
}

static void read_trainer(reader r, summary *sum)
{
    field f;
    while (next_field(&r, &f))
        if (f.number == 3 && f.kind == 0)
            sum->model_type = (int64_t)(f.value & 0xFF);
}

ts_status ts_spiece_parse(ts_ctx *ctx, ts_spiece *s, const char *blob, int64_t bytes,
                          const char *path)
{
    *s = (ts_spiece){.prefix = true, .squeezed = true, .escaped = true};
    s->unigram.unknown = -1;
    s->unigram.single = true;
    reader r = {blob, blob + bytes, false};
    summary sum = {.model_type = UNIGRAM};
    field f;
    while (next_field(&r, &f) && !ctx->status) {
        if (f.number == 1 && f.kind == 2)
            read_piece(ctx, s, f.bytes, &sum, path);
        else if (f.number == 2 && f.kind == 2)
            read_trainer(f.bytes, &sum);
        else if (f.number == 3 && f.kind == 2)
            read_normalizer(ctx, s, f.bytes, path);
    }
    if (r.damaged)
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: damaged at byte %lld", path,
                (long long)(r.at - blob));
    else if (sum.model_type != UNIGRAM)
        ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s: model type %lld; unigram (1) is built in", path,
                (long long)sum.model_type);
    else if (!sum.any || s->unigram.unknown < 0)
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: no %s", path,
                sum.any ? "piece for the unknown" : "pieces");
    s->unigram.unknown_score = (double)(float)(sum.lowest - 10);
    if (ctx->status)
        ts_spiece_close(s);
    return ctx->status;
}

ts_status ts_spiece_open(ts_ctx *ctx, ts_spiece *s, const char *path)
{
    int64_t bytes = 0;
    *s = (ts_spiece){0};
    char *const blob = ts_file_read(ctx, path, FILE_BYTES, &bytes);
    if (blob)
        ts_spiece_parse(ctx, s, blob, bytes, path);
    ts_free(blob);
    return ctx->status;
}

void ts_spiece_close(ts_spiece *s)
{
    ts_unigram_free(&s->unigram);
    ts_trie_free(&s->names);
    ts_charsmap_free(&s->map);
}

/* What stands for the beginning of the text, and how many bytes of it: the longest key's
 * replacement, or one character. */
static const char *next_part(const ts_spiece *s, const char *text, int64_t bytes, int64_t *used,
                             int64_t *length)
{
    const char *const found = ts_charsmap_longest(&s->map, text, bytes, used);
    if (found) {
        *length = (int64_t)strlen(found);
        return found;
    }
    const int one = ts_utf8_get(text, bytes, NULL);
    *used = *length = one ? one : 1;
    return text;
}

static ts_status add_blank(ts_ctx *ctx, const ts_spiece *s, ts_bytes *out)
{
    return s->escaped ? ts_bytes_add(ctx, out, "\xE2\x96\x81", 3) : ts_bytes_add(ctx, out, " ", 1);
}

static bool ends_blank(const ts_spiece *s, const ts_bytes *b, int64_t begin)
{
    const int64_t n = s->escaped ? 3 : 1;
    return b->count - begin >= n &&
           !memcmp(b->at + b->count - n, s->escaped ? "\xE2\x96\x81" : " ", (size_t)n);
}

ts_status ts_spiece_normalize(ts_ctx *ctx, const ts_spiece *s, ts_bytes *out, const char *text,
                              int64_t bytes, bool prefix)
{
    const int64_t begin = out->count;
    int64_t i = 0, used, length;
    while (s->squeezed && i < bytes) {
        const char *const part = next_part(s, text + i, bytes - i, &used, &length);
        if (length != 1 || part[0] != ' ')
            break;
        i += used;
    }
    if (i == bytes)
        return ctx->status;
    if (prefix)
        add_blank(ctx, s, out);
    bool after_blank = s->squeezed;
    for (; i < bytes && !ctx->status; i += used) {
        const char *part = next_part(s, text + i, bytes - i, &used, &length);
        while (after_blank && length && part[0] == ' ') {
            part++;
            length--;
        }
        for (int64_t j = 0; j < length && !ctx->status; j++) {
            if (part[j] == ' ')
                add_blank(ctx, s, out);
            else
                ts_bytes_add(ctx, out, part + j, 1);
        }
        if (length)
            after_blank = s->squeezed && part[length - 1] == ' ';
    }
    while (s->squeezed && ends_blank(s, out, begin))
        out->count -= s->escaped ? 3 : 1;
    return ctx->status;
}

ts_status ts_spiece_encode(ts_ctx *ctx, const ts_spiece *s, ts_ids *out, const char *text,
                           int64_t bytes, bool prefix)
{
    ts_bytes normal = {0};
    if (!ts_spiece_normalize(ctx, s, &normal, text, bytes, prefix))
        ts_unigram_encode(ctx, &s->unigram, out, normal.at, normal.count);
    ts_bytes_free(&normal);
    return ctx->status;
}
