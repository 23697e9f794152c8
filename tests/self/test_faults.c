/* Whole commands in which one allocation fails, or in which a file cannot become longer than so many
 * blocks (a full disk, as a program sees it): a sentence, exit code 1, the old file, nothing else.
 * Under the address sanitizer each run is a search for leaks as well.
 *
 * Every allocation of the small commands is tried, some of the large one's: all of them with
 * TS_FAULTS=all, fewer with TS_QUICK=1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/command.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "OUT" stands for the file that is written. `stride`: of the allocations tried, quick and not. */
typedef struct {
    const char *words;
    int quick, full;
    int least; /* allocations that there are, at least */
} work;

#define PICTURE                                                                                    \
    "--image data/pictures/sign.jpg --polygon '345,42 568,16 574,88 352,118' --text HI "           \
    "--font data/fonts/DejaVuSerif-Bold.ttf --size 64x48 "

static const work works[] = {
    {"check data/goldens/modules/time_text_embed.safetensors --threads 1", 13, 1, 300},
    {"run ops.linear --inputs data/goldens/ops/linear_1x1x1.safetensors --grads --threads 1 "
     "--out OUT", 7, 1, 30},
    {"info data/checkpoints/tiny", 29, 3, 300},
    {"tokenize clip --tokenizer data/checkpoints/tiny 'a sign'", 29, 5, 20},
    {"glyph " PICTURE "--out OUT", 7, 1, 20},
    {"edit --checkpoint data/checkpoints/tiny --lora data/checkpoints/tiny-lora.safetensors " PICTURE
     "--steps 1 --max-sequence-length 16 --threads 1 --out OUT", 67, 17, 1000},
};
enum { WORKS = sizeof works / sizeof *works };

static char out[128];

static void write_old(void)
{
    FILE *file = fopen(out, "wb");
    assert_non_null(file);
    fputs("old", file);
    assert_int_equal(fclose(file), 0);
}

/* The file is what it was, and stands alone in its folder. */
static void nothing_happened(void)
{
    char text[8] = "";
    int entries = 0;
    FILE *file = fopen(out, "rb");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof text - 1, file), 3);
    fclose(file);
    assert_string_equal(text, "old");
    DIR *list = opendir(command_folder());
    assert_non_null(list);
    for (struct dirent *e; (e = readdir(list));)
        entries += e->d_name[0] != '.' || e->d_name[1] != '\0';
    closedir(list);
    assert_int_equal(entries, 2); /* with ".." */
}

static void words_of(char line[1024], const work *w)
{
    const char *place = strstr(w->words, "OUT");
    if (place)
        snprintf(line, 1024, "%.*s%s%s", (int)(place - w->words), w->words, out, place + 3);
    else
        snprintf(line, 1024, "%s", w->words);
}

/* The command under a fault: true when it succeeded all the same. */
static int succeeds(const char *line, const char *reason)
{
    const int code = command("%s", line);
    command_must_not_say("Sanitizer");
    command_must_not_say("runtime error");
    if (code == 0)
        return 1;
    if (code != 1)
        fail_msg("exit code %d from %s\n%s", code, line, command_said);
    command_must_say(reason);
    nothing_happened();
    return 0;
}

static void allocations(void **state)
{
    (void)state;
    const char *faults = getenv("TS_FAULTS");
    const int all = faults && strcmp(faults, "all") == 0, quick = getenv("TS_QUICK") != NULL;
    snprintf(out, sizeof out, "%s/out.png", command_folder());
    for (int i = 0; i < WORKS; i++) {
        char line[1024], number[16];
        const int stride = all ? 1 : quick ? works[i].quick : works[i].full;
        int n = 1, fine = 0;
        words_of(line, &works[i]);
        write_old();
        for (; fine < 3; n += stride) {
            snprintf(number, sizeof number, "%d", n);
            setenv("TS_FAIL_ALLOC", number, 1);
            print_message("allocation %d of command %d\n", n, i);
            if (succeeds(line, "memory")) {
                fine++;
                write_old();
            } else {
                fine = 0;
            }
        }
        unsetenv("TS_FAIL_ALLOC");
        assert_true(n - 3 * stride >= works[i].least);
    }
}

/* The thread sanitizer writes a file of its own when a program begins, and dies without room for it:
 * there tests/self/test_writes.c, where it is the calls that fail, has to do. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WRITES_BY_ITSELF
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define WRITES_BY_ITSELF
#endif

/* Blocks of 512 bytes; the signal that says so is ignored, so that the call fails. */
static void full_disk(void **state)
{
    (void)state;
#if defined(WRITES_BY_ITSELF)
    skip();
#endif
    const char *program = getenv("TOUCHSTONE");
    char own[256], limited[512];
    snprintf(own, sizeof own, "%s", program ? program : "build/touchstone");
    snprintf(out, sizeof out, "%s/out.png", command_folder());
    for (int i = 0; i < WORKS; i++) {
        char line[1024];
        if (!strstr(works[i].words, "OUT"))
            continue;
        words_of(line, &works[i]);
        write_old();
        int blocks = 0;
        for (;; blocks++) {
            snprintf(limited, sizeof limited, "trap '' XFSZ; ulimit -f %d; %s", blocks, own);
            setenv("TOUCHSTONE", limited, 1);
            if (succeeds(line, "cannot write it: File too large"))
                break;
        }
        assert_true(blocks > 0);
    }
    if (program)
        setenv("TOUCHSTONE", own, 1);
    else
        unsetenv("TOUCHSTONE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(allocations), cmocka_unit_test(full_disk)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
