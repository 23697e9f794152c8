/* main.c: prints the lines of data/goldens/hashes.txt, or compares with them. It needs nothing but
 * the library and the command's own parts, so that it runs wherever they do: `make cross`.
 *
 *     hashes [--against FILE] [--tables plain,fast] [--threads 1,3] [--formats f32,f64,...]
 *            [--details] [PREFIX]... */
#include "tests/hashes/hashes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 16 };

static int usage(void)
{
    fputs("usage: hashes [--against FILE] [--tables T,...] [--threads N,...] [--formats F,...] "
          "[--details] [PREFIX]...\n", stderr);
    return 2;
}

static void cut(char *text, const char *words[WORDS + 1])
{
    char *rest = NULL;
    int n = 0;
    for (char *word = strtok_r(text, ",", &rest); word && n < WORDS;
         word = strtok_r(NULL, ",", &rest))
        words[n++] = word;
    words[n] = NULL;
}

static int print(const char *const *prefixes, const hashes_how *how)
{
    char **names = hashes_names(), line[HASHES_LINE];
    int code = 0;
    for (int i = 0; names[i]; i++) {
        bool wanted = !prefixes[0];
        for (int p = 0; prefixes[p]; p++)
            wanted = wanted || strncmp(names[i], prefixes[p], strlen(prefixes[p])) == 0;
        if (!wanted)
            continue;
        const bool fine = hashes_line(line, names[i], how);
        fprintf(fine ? stdout : stderr, "%s\n", line);
        code |= !fine;
    }
    hashes_names_free(names);
    return code;
}

int main(int argc, char **argv)
{
    const char *tables[WORDS + 1] = {"plain", "fast", NULL}, *counts[WORDS + 1] = {"1", NULL};
    const char *formats[WORDS + 1], *prefixes[256] = {NULL}, *against = NULL;
    int threads[WORDS + 1] = {0}, n = 0;
    hashes_how how = {tables, threads, formats, false};
    memcpy(formats, hashes_formats, sizeof hashes_formats);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--details") == 0)
            how.details = true;
        else if (argv[i][0] != '-' && n < 255)
            prefixes[n++] = argv[i];
        else if (i + 1 == argc)
            return usage();
        else if (strcmp(argv[i], "--against") == 0)
            against = argv[++i];
        else if (strcmp(argv[i], "--tables") == 0)
            cut(argv[++i], tables);
        else if (strcmp(argv[i], "--threads") == 0)
            cut(argv[++i], counts);
        else if (strcmp(argv[i], "--formats") == 0)
            cut(argv[++i], formats);
        else
            return usage();
    }
    for (int i = 0; counts[i]; i++)
        if ((threads[i] = atoi(counts[i])) < 1)
            return usage();
    if (!against)
        return print(prefixes, &how);
    const int agreed = hashes_against(against, prefixes, &how);
    if (agreed > 0)
        printf("%d lines agree\n", agreed);
    return agreed <= 0;
}
