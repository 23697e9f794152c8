/* stop.c: Ctrl-C. The only state of the command that is not passed on: a signal handler has no
 * arguments. The flag is looked at between operations; whoever cannot wait presses again. */
#include "ref/cli/command.h"

#include <string.h>

static volatile sig_atomic_t stop;

static void on_interrupt(int number)
{
    (void)number;
    stop = 1;
}

const volatile sig_atomic_t *ts_stop_flag(void)
{
    return &stop;
}

void ts_stop_catch(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_interrupt;
    action.sa_flags = (int)SA_RESETHAND; /* the second one does what it always does */
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}
