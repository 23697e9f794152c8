/* Every writer, and every write of it, fails once: a disk that is full, calls that are interrupted or
 * write a part, a file system that fails at the end, places where nobody may write. Afterwards each
 * file is the old one or the whole new one, and nothing lies beside it. */
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/hindered.h"

#include "ref/cli/command.h"
#include "ref/io/file.h"
#include "ref/io/json.h"
#include "ref/io/npy.h"
#include "ref/io/picture.h"
#include "ref/io/safetensors.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES = 2, WORDS = 48, PIECE = 61, MOST = 50 };

/* The library's writers. Each writes one file of some hundred bytes. */
static void some_tensor(ts_ctx *ctx, ts_tensor *t)
{
    const int64_t size[2] = {13, 11};
    *t = ts_new(ctx, TS_F32, 2, size);
    for (int i = 0; i < 13 * 11; i++)
        ((float *)t->data)[i] = (float)i / 7;
}

static void safetensors(ts_ctx *ctx, const char *path)
{
    ts_tensor t;
    ts_items items = {0};
    some_tensor(ctx, &t);
    ts_items_add(ctx, &items, "a", t);
    ts_items_add(ctx, &items, "b", t);
    ts_safetensors_write(ctx, path, &items, NULL);
    ts_items_free(&items);
}

static void npy(ts_ctx *ctx, const char *path)
{
    ts_tensor t;
    some_tensor(ctx, &t);
    ts_npy_write(ctx, path, t);
}

static void json(ts_ctx *ctx, const char *path)
{
    json_t *list = json_array();
    for (int i = 0; i < 100; i++)
        json_array_append_new(list, json_integer(i * i));
    ts_json_write(ctx, path, list);
    json_decref(list);
}

static void png(ts_ctx *ctx, const char *path)
{
    ts_picture p;
    const ts_picture_text text = {"prompt", "a sign"};
    if (ts_picture_new(ctx, &p, 40, 30, TS_RGB))
        return;
    for (int i = 0; i < 40 * 30 * 3; i++)
        p.pixels[i] = (uint8_t)((unsigned)i * 2654435761u >> 13);
    ts_picture_write(ctx, path, &p, &text, 1);
    ts_picture_free(&p);
}

/* The commands. OUT, TOO: the files that are written. */
#define PICTURE                                                                                    \
    "--image|data/pictures/sign.jpg|--polygon|345,42 568,16 574,88 352,118|--text|HI|"             \
    "--font|data/fonts/DejaVuSerif-Bold.ttf|--size|64x48|"

static const struct {
    const char *name;
    void (*write)(ts_ctx *, const char *);
    const ts_command *command;
    const char *words;
} writers[] = {
    {"safetensors", safetensors, NULL, NULL},
    {"npy", npy, NULL, NULL},
    {"json", json, NULL, NULL},
    {"png", png, NULL, NULL},
    {"run", NULL, &ts_command_run, "ops.linear|--inputs|data/goldens/ops/linear_1x1x1.safetensors|"
     "--grads|--out|OUT|--trace|TOO"},
    {"run, rows", NULL, &ts_command_run, "text.byt5_tokenizer|--inputs|"
     "data/goldens/text/byt5_tokens.json|--out|OUT"},
    {"glyph", NULL, &ts_command_glyph, PICTURE "--out|OUT|--mask-out|TOO"},
};
enum { WRITERS = sizeof writers / sizeof *writers, PNG = 3 };

static const char *path_of(int k)
{
    return files_path(k ? "too.png" : "out.png");
}

static int call(const ts_command *c, const char *words)
{
    ts_ctx ctx;
    ts_options o;
    char copy[1024], *word[WORDS], *save = NULL;
    int count = 0, code = TS_EXIT_USAGE;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *w = strtok_r(copy, "|", &save); w; w = strtok_r(NULL, "|", &save)) {
        const int k = strcmp(w, "TOO") == 0;
        assert_true(count < WORDS);
        word[count++] = k || strcmp(w, "OUT") == 0 ? (char *)(uintptr_t)path_of(k) : w;
    }
    ts_ctx_open_plain(&ctx);
    if (!ts_options_parse(&ctx, &o, c->options, count, word))
        code = c->run(&o);
    ts_options_free(&o);
    ts_ctx_close(&ctx);
    return code;
}

/* The writer's status: TS_OK, or how it failed. */
static ts_status write_with(int i)
{
    ts_ctx ctx;
    ts_status status = TS_OK;
    plan.calls = 0;
    if (writers[i].command)
        return call(writers[i].command, writers[i].words) == TS_EXIT_FINE ? TS_OK : TS_ERROR_IO;
    ts_ctx_open_plain(&ctx);
    writers[i].write(&ctx, path_of(0));
    status = ts_ctx_status(&ctx);
    ts_ctx_close(&ctx);
    return status;
}

static int files_of(int i)
{
    return writers[i].words && strstr(writers[i].words, "TOO") ? 2 : 1;
}

static void write_old(int i)
{
    for (int k = 0; k < files_of(i); k++)
        files_write_text(path_of(k), "old");
}

typedef struct {
    char *data[FILES];
    size_t bytes[FILES];
} contents;

static contents read_new(int i)
{
    contents c = {0};
    for (int k = 0; k < files_of(i); k++)
        c.data[k] = files_read(path_of(k), &c.bytes[k]);
    return c;
}

static void free_new(contents *c)
{
    for (int k = 0; k < FILES; k++)
        free(c->data[k]);
}

/* Each file is old, or it is the new one; how many are old. */
static int count_old(int i, const contents *new)
{
    int old = 0;
    for (int k = 0; k < files_of(i); k++) {
        size_t bytes;
        char *data = files_read(path_of(k), &bytes);
        if (bytes == 3 && memcmp(data, "old", 3) == 0)
            old++;
        else if (bytes != new->bytes[k] || memcmp(data, new->data[k], bytes) != 0)
            fail_msg("%s: file %d is neither the old nor the new one", writers[i].name, k);
        free(data);
    }
    assert_int_equal(files_count(), files_of(i)); /* nothing beside them */
    return old;
}

/* Writes without hindrance; false where there are no picture codecs in this build. */
static int begin(int i, contents *new)
{
    memset(&plan, 0, sizeof plan);
    write_old(i);
    if (writers[i].command == &ts_command_glyph && write_with(PNG) == TS_ERROR_UNSUPPORTED)
        return 0;
    const ts_status status = write_with(i);
    if (status == TS_ERROR_UNSUPPORTED)
        return 0;
    assert_int_equal(status, TS_OK);
    *new = read_new(i);
    assert_int_equal(count_old(i, new), 0);
    return 1;
}

static void forget(int i)
{
    for (int k = 0; k < files_of(i); k++)
        unlink(path_of(k));
}

static void short_and_interrupted(void **state)
{
    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        contents new = {0};
        if (begin(i, &new)) {
            plan.at_most = PIECE;
            plan.interrupt = 1;
            write_old(i);
            assert_int_equal(write_with(i), TS_OK);
            assert_int_equal(count_old(i, &new), 0);
            assert_true(plan.calls >= 2 * (int)(new.bytes[0] / PIECE)); /* it was hindered */
        }
        free_new(&new);
        forget(i);
    }
}

/* All writes of a small file, about MOST of a large one, the last one always. */
static void full_disk(void **state)
{
    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        contents new = {0};
        int failed = 0;
        if (begin(i, &new)) {
            plan.at_most = PIECE;
            assert_int_equal(write_with(i), TS_OK);
            const int calls = plan.calls;
            for (int n = 1; n <= calls; n += n + 1 + calls / MOST < calls ? 1 + calls / MOST : 1) {
                write_old(i);
                plan.fail_write = n;
                assert_int_equal(write_with(i), TS_ERROR_IO);
                assert_true(count_old(i, &new) > 0);
                failed++;
            }
            assert_true(failed > 3);
        }
        free_new(&new);
        forget(i);
    }
}

static void failing_end(void **state)
{
    (void)state;
    for (int i = 0; i < WRITERS; i++)
        for (int way = 0; way < 2; way++) {
            contents new = {0};
            if (begin(i, &new)) {
                plan.fail_fsync = way == 0;
                plan.fail_rename = way == 1;
                write_old(i);
                assert_int_equal(write_with(i), TS_ERROR_IO);
                assert_int_equal(count_old(i, &new), files_of(i));
            }
            free_new(&new);
            forget(i);
        }
}

/* As somebody who is not the superuser, who may write everywhere. */
static void read_only(void **state)
{
    (void)state;
    const int superuser = geteuid() == 0;
    for (int i = 0; i < WRITERS; i++)
        for (int way = 0; way < 2; way++) {
            contents new = {0};
            if (begin(i, &new)) {
                write_old(i);
                for (int k = 0; way == 0 && k < files_of(i); k++)
                    assert_int_equal(chmod(path_of(k), 0444), 0);
                assert_int_equal(chmod(files_path(""), way ? 0555 : 0777), 0);
                assert_true(!superuser || seteuid(65534) == 0);
                const ts_status status = write_with(i);
                assert_true(!superuser || seteuid(0) == 0);
                assert_int_equal(chmod(files_path(""), 0700), 0);
                assert_int_equal(status, TS_ERROR_IO);
                assert_int_equal(count_old(i, &new), files_of(i));
            }
            free_new(&new);
            forget(i);
        }
}

/* What goes to standard output: reports of every form, lists, ids. */
static void standard_output(void **state)
{
    (void)state;
    static const char *const words[] = {
        "check data/goldens/modules/norm_out.safetensors",
        "check data/goldens/modules/norm_out.safetensors --format json",
        "check data/goldens/modules/norm_out.safetensors --format junit",
        "check data/goldens/modules/norm_out.safetensors --format tap",
        "info data/checkpoints/tiny", "run --list", "tokenize byt5 abc", "--version", "edit --help",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_int_equal(command("%s", words[i]), 0);
        assert_int_equal(command("%s >/dev/full", words[i]), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_and_interrupted), cmocka_unit_test(full_disk),
        cmocka_unit_test(failing_end), cmocka_unit_test(read_only),
        cmocka_unit_test(standard_output),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
