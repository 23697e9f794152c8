# Touchstone. `make help` lists the targets.
#
#   BACKENDS="plain fast blas"   tables of operations to build (plain and fast are always there)
#   CODECS=none                  without libpng and libjpeg: pictures are refused
#   SAN=address,undefined        build with sanitizers; thread and memory take clang and what they
#                                can see by themselves
#   CC=clang                     another compiler
#   OPENMP=0                     without threads inside operations
#   MPI=1                        ranks as processes under Open MPI: mpirun -n 4 build/cc-mpi/touchstone
#   V=1                          show the commands
#
#   PREFIX=/usr/local DESTDIR=   where `make install` puts things
#
# Each configuration has its own folder build/<config>; the default one is linked as
# build/touchstone. A change of flags rebuilds what it concerns.

comma    := ,
sanitized = $(filter $(1),$(subst $(comma), ,$(SAN)))

# Two sanitizers must know what everybody else in the program does, so they choose, as far as the
# command line does not. `thread`: GCC's OpenMP tells nobody how its threads wait for one another, and
# every loop would be reported; LLVM's does, through archer. Without that, OPENMP=0 watches the threads
# of our own. `memory`: of libraries that it did not compile it does not see what they write; the two
# that cannot be left out, jansson and utf8proc, are compiled for it from Debian's source.
ifneq ($(call sanitized,thread memory),)
ifeq ($(origin CC),default)
CC       := $(if $(shell command -v clang),clang,cc)
endif
archer   := $(if $(findstring clang,$(CC)),$(wildcard $(dir $(patsubst %/,%,$(dir $(shell \
            $(CC) -print-resource-dir))))libarcher.so))
OPENMP   ?= $(if $(call sanitized,memory),0,$(if $(archer),1,0))
export OMP_TOOL_LIBRARIES ?= $(archer)
endif
# A size that nobody has memory for is an answer to malloc, not a mistake.
ifneq ($(SAN),)
export ASAN_OPTIONS ?= allocator_may_return_null=1
export MSAN_OPTIONS ?= allocator_may_return_null=1
export TSAN_OPTIONS ?= allocator_may_return_null=1 ignore_noninstrumented_modules=1
endif
ifneq ($(call sanitized,memory),)
BACKENDS ?= plain fast
CODECS   ?= none
endif

CC       ?= cc
BACKENDS ?= plain fast blas
OPENMP   ?= 1
CODECS   ?= png jpeg
PREFIX   ?= /usr/local
DESTDIR  ?=
VERSION  := 0.1.0

config   := $(notdir $(CC))$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(filter 0,$(OPENMP)),-serial)$(if $(filter blas,$(BACKENDS)),,-noblas)$(if $(filter none,$(CODECS)),-nocodecs)$(if $(filter 1,$(MPI)),-mpi)
BUILD    ?= build/$(subst $(comma),-,$(config))
OPT      ?= $(if $(SAN),-O1,-O2)
default  := cc

Q := $(if $(V),,@)

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla -Wstrict-prototypes \
        -Wmissing-prototypes -Wcast-qual -Wundef -Wdouble-promotion -Wformat=2

# -ffp-contract=off and no fast-math: the same bits everywhere. The last two flags change no value;
# they let the compiler turn loops into vectors.
# Where a compiler computes floats in double (GCC for s390x under -std=c11) it is told not to.
CFLAGS  ?=
excess  := $(if $(filter 1,$(shell printf '\043include <float.h>\nFLT_EVAL_METHOD\n' | \
             $(CC) -std=c11 $(CFLAGS) -E -P -x c - 2>/dev/null | tail -n 1)),-fexcess-precision=fast)
FLAGS   := -std=c11 -D_POSIX_C_SOURCE=200809L -DTS_VERSION='"$(VERSION)"' -I. $(OPT) -g \
           -ffp-contract=off $(excess) -fno-math-errno -fno-trapping-math -fPIC -pthread $(WARN)
LIBS    := -lm

pkg = $(shell pkg-config --$(1) $(2) 2>/dev/null)
packages := jansson libutf8proc zlib $(if $(filter none,$(CODECS)),,libpng libjpeg)
FLAGS += $(call pkg,cflags,$(packages))
LIBS  += $(or $(call pkg,libs,$(packages)),-ljansson -lutf8proc $(if $(filter none,$(CODECS)),,-lpng -ljpeg) -lz) -pthread
ifneq ($(OPENMP),0)
FLAGS += -fopenmp
LIBS  += -fopenmp
endif
ifneq ($(SAN),)
FLAGS += -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
LIBS  += -fsanitize=$(SAN)
endif
ifneq ($(filter blas,$(BACKENDS)),)
FLAGS += -DTS_WITH_BLAS
LIBS  += -lopenblas
endif

# Sources. Kernels are compiled once for each arithmetic: ref/base/real.h.
kernels := $(wildcard ref/ops/plain/*.c) $(wildcard ref/ops/fast/*.c) \
           $(if $(filter blas,$(BACKENDS)),$(wildcard ref/ops/blas/*.c))
# Of a table's folder, files named _*.c belong to no arithmetic: they are compiled once.
singles := $(foreach f,$(kernels),$(if $(filter _%,$(notdir $f)),$f))
kernels := $(filter-out $(singles),$(kernels))
without := $(if $(filter none,$(CODECS)),ref/io/png.c ref/io/jpeg.c,ref/io/no_codecs.c)
# MPI: one file of the library differs. Beside every build that can have it stands touchstone-mpi, the
# command with that file exchanged; with MPI=1 the library and the command have it themselves.
MPICC   ?= mpicc
mpi_ask  = $(shell command -v $(MPICC) >/dev/null 2>&1 && $(MPICC) --showme:$(1) 2>/dev/null)
MPI_FLAGS ?= $(patsubst -I%,-isystem %,$(call mpi_ask,compile))
MPI_LIBS  ?= $(call mpi_ask,link)
with_mpi := $(if $(SAN),,$(if $(MPI_LIBS),$(BUILD)/touchstone-mpi))
without += $(if $(filter 1,$(MPI)),ref/comm/no_mpi.c,ref/comm/mpi.c)
LIBS    += $(if $(filter 1,$(MPI)),$(MPI_LIBS))
sources := $(filter-out ref/cli/% $(without),$(wildcard ref/*/*.c)) $(singles)
command := $(wildcard ref/cli/*.c)

objects := $(sources:%.c=$(BUILD)/%.o) $(kernels:%.c=$(BUILD)/%.f32.o) \
           $(kernels:%.c=$(BUILD)/%.f64.o) \
           $(foreach t,honest paired,$(patsubst %.c,$(BUILD)/%.$t.o,$(filter ref/ops/plain/%,$(kernels))))
command_objects := $(command:%.c=$(BUILD)/%.o)
# Tests that read or write pictures. (Of the fuzz corpus, pictures are then refused.)
pictured := tests/io/test_png.c tests/io/test_jpeg.c tests/io/test_picture.c tests/self/test_faults.c \
            tests/cli/test_edit.c tests/cli/test_edit_output.c tests/cli/test_glyph.c \
            tests/cli/test_places.c tests/cli/test_scene.c tests/glyph/test_hint_glyph.c
tests   := $(filter-out $(if $(filter none,$(CODECS)),$(pictured)),$(wildcard tests/*/test_*.c))
programs := $(tests:%.c=$(BUILD)/%)
support := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))
fuzzing := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/fuzz/main.c,$(wildcard tests/fuzz/*.c)))
fuzzers := $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
library := $(BUILD)/libtouchstone.a
shared  := $(BUILD)/libtouchstone.so.$(VERSION)
MAJOR   := $(firstword $(subst ., ,$(VERSION)))

ifneq ($(call sanitized,memory),)
watched := build/packages-memory
override LDFLAGS += -L$(watched)/lib
$(BUILD)/touchstone $(programs): $(watched)/lib/libjansson.a
$(watched)/lib/libjansson.a:
	@echo "  LIBS $(watched)"
	$(Q)scripts/packages "$(CC) -fsanitize=$(SAN) -fno-omit-frame-pointer -g" $(watched)
endif

.SECONDARY:

.PHONY: all
.DEFAULT_GOAL := all
all: $(BUILD)/touchstone

$(BUILD)/touchstone: $(command_objects) $(library)
	@echo "  LD   $@"
	$(Q)$(CC) $(command_objects) $(library) $(LDFLAGS) $(LIBS) -o $@
	$(Q)$(if $(filter build/$(default) build/$(default)-mpi,$(BUILD)),ln -sfn $(notdir $(BUILD))/touchstone build/touchstone)

$(BUILD)/ref/comm/mpi.o: private CFLAGS += $(MPI_FLAGS)
$(BUILD)/touchstone-mpi: $(command_objects) $(BUILD)/ref/comm/mpi.o $(library)
	@echo "  LD   $@"
	$(Q)$(CC) $^ $(LDFLAGS) $(LIBS) $(MPI_LIBS) -o $@

# The flags and the list of objects of the last build: rewritten only when they changed. Everything
# depends on the flags, the libraries on the list.
remember = $(shell mkdir -p $(BUILD) && printf '%s\n' '$(subst ','\'',$(2))' > $(BUILD)/$(1).new && \
           { cmp -s $(BUILD)/$(1).new $(BUILD)/$(1) || cp $(BUILD)/$(1).new $(BUILD)/$(1); }; \
           rm -f $(BUILD)/$(1).new)
ifeq ($(filter clean help,$(MAKECMDGOALS)),)
$(call remember,flags,$(CC) $(FLAGS) $(CFLAGS) $(BACKENDS))
$(call remember,list,$(objects))
endif
stamp := $(BUILD)/flags

$(library): $(objects) $(BUILD)/list
	@echo "  AR   $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $(objects)

$(shared): $(objects) $(BUILD)/list
	@echo "  LD   $@"
	$(Q)$(CC) -shared -Wl,-soname,libtouchstone.so.$(MAJOR) $(objects) $(LDFLAGS) $(LIBS) -o $@

compile = $(Q)mkdir -p $(@D) && $(CC) $(FLAGS) $(CFLAGS) -MMD -MP $(1) -c $< -o $@
table   = $(word 3,$(subst /, ,$<))
# Kernels are worth a higher level; gauges belong to plain alone.
kernel_level ?= -O3
kernel  = $(kernel_level) -DTS_TABLE=$(table) $(if $(filter plain,$(table)),-DTS_GAUGES)

# Float vectors, judged by the gauge: there a product and a sum may become one operation. (Not where a
# number and its rounded self are subtracted, as attention's scores and the largest of them.)
$(BUILD)/ref/ops/blas/activation.f32.o $(BUILD)/ref/ops/blas/softmax.f32.o: kernel += -ffp-contract=fast

$(BUILD)/%.f32.o: %.c $(stamp)
	@echo "  CC   $< (f32)"
	$(call compile,-DTS_REAL_BITS=32 $(kernel))

$(BUILD)/%.f64.o: %.c $(stamp)
	@echo "  CC   $< (f64)"
	$(call compile,-DTS_REAL_BITS=64 $(kernel))

$(BUILD)/%.honest.o: %.c $(stamp)
	@echo "  CC   $< (honest)"
	$(call compile,-DTS_REAL_BITS=32 -DTS_HONEST $(kernel_level) -DTS_TABLE=honest)

$(BUILD)/%.paired.o: %.c $(stamp)
	@echo "  CC   $< (paired)"
	$(call compile,-DTS_REAL_BITS=32 -DTS_HONEST -DTS_PAIRED $(kernel_level) -DTS_TABLE=paired)

# Loops over whole weights.
$(BUILD)/ref/base/convert.o $(BUILD)/ref/topk/passes.o: CFLAGS += $(kernel_level)
$(BUILD)/ref/des/rows.o: CFLAGS += $(kernel_level)

$(BUILD)/%.o: %.c $(stamp)
	@echo "  CC   $<"
	$(call compile,$(if $(filter _%,$(notdir $<)),$(kernel_level)))

# Tests: tests/<room>/test_<file>.c, one program each, on cmocka. They are linked with everything of
# the command but main, too: golden cases are judged as `check` judges them.
parts := $(filter-out $(BUILD)/ref/cli/main.o,$(command_objects))
$(BUILD)/tests/%: $(BUILD)/tests/%.o $(support) $(parts) $(library)
	@echo "  LD   $@"
	$(Q)$(CC) $(filter %.o,$^) $(library) $(LDFLAGS) -lcmocka $(LIBS) -o $@
$(BUILD)/tests/self/test_corpus: $(fuzzing)

jobs := $(shell nproc 2>/dev/null || echo 2)
.PHONY: setup build-tests test test-quick check-tests
setup:
	$(Q)scripts/setup

build-tests: all $(programs) $(with_mpi)

# What a user runs: whatever is missing is installed, everything is built and tested.
test: setup
	$(Q)$(MAKE) --no-print-directory -j$(jobs) check-tests
	$(Q)scripts/check-house
	$(Q)scripts/check-headers
	$(Q)scripts/check-libm $(library)

check-tests: build-tests
	$(Q)scripts/run-tests $(BUILD) $(programs)

# The same without what takes long: for sanitizers and other slow builds.
test-quick: build-tests
	$(Q)TS_QUICK=1 scripts/run-tests $(BUILD) $(programs)

# What comes out of every golden case, hashed: the same numbers on every machine. `make hashes` says
# whether this build gives them; tests/hashes/hashes.h says what they are.
hashing := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/hashes/*.c))
$(BUILD)/hashes: $(hashing) $(parts) $(library)
	@echo "  LD   $@"
	$(Q)$(CC) $(filter %.o,$^) $(library) $(LDFLAGS) $(LIBS) -o $@
$(BUILD)/tests/self/test_hashes: $(filter-out %/main.o,$(hashing))

.PHONY: hashes
hashes: $(BUILD)/hashes
	$(Q)$(BUILD)/hashes --threads 1,2,3,4,5,6,7 --against data/goldens/hashes.txt

# The same bits from every compiler, level, number of threads and processor that can be had here; the
# quick form has one foreign processor, of the other byte order, and a few cases.
.PHONY: cross cross-quick
cross:
	$(Q)scripts/cross $(PLATFORMS)
cross-quick:
	$(Q)scripts/cross --quick

# The rooms that read what others wrote, under valgrind, which also sees what the libraries do with our
# memory. (The numbers are the sanitizers': here they would take hours.) valgrind knows processors up to
# AVX2, so OpenBLAS shall not choose more.
VALGRIND_ROOMS ?= base io text glyph
valgrind := valgrind -q --leak-check=full --errors-for-leak-kinds=definite \
            --show-leak-kinds=definite --error-exitcode=99 --child-silent-after-fork=yes
.PHONY: valgrind
valgrind: build-tests
	$(Q)OPENBLAS_CORETYPE=Haswell TS_QUICK=1 UNDER="$(valgrind)" scripts/run-tests $(BUILD) \
	    $(foreach r,$(VALGRIND_ROOMS),$(filter $(BUILD)/tests/$r/%,$(programs)))

# Processes of the data cache killed 500 times (in `make test`: 25).
.PHONY: kills
kills: $(BUILD)/tests/self/test_kills
	$(Q)TS_KILLS=500 $<

# Fuzzing, with clang: every target of tests/fuzz for FUZZ_SECONDS, from its corpus data/fuzz/NAME; what
# is found there stays in build/fuzz. FUZZ="npy font" picks targets.
FUZZ         ?= $(notdir $(fuzzers))
FUZZ_SECONDS ?= 60
fuzz_build   := $(MAKE) --no-print-directory -j$(jobs) CC=clang OPENMP=0 \
                SAN=fuzzer-no-link,address,undefined fuzzers
.PHONY: fuzz fuzz-corpus fuzzers
fuzz:
	$(Q)$(fuzz_build)
	$(Q)scripts/fuzz run $(FUZZ_SECONDS) $(FUZZ)

# The smallest inputs of data/fuzz and build/fuzz that reach all that these reach.
fuzz-corpus:
	$(Q)$(fuzz_build)
	$(Q)scripts/fuzz minimise $(FUZZ)

fuzzers: $(fuzzers)
$(BUILD)/fuzz/%: tests/fuzz/main.c $(fuzzing) $(parts) $(library)
	@echo "  LD   $@"
	$(Q)mkdir -p $(@D) && $(CC) $(FLAGS) $(CFLAGS) -fsanitize=fuzzer -DFUZZ_TARGET=fuzz_$* $< \
	    $(filter %.o,$^) $(library) $(LDFLAGS) $(LIBS) -o $@

# What compilers and checkers say about the sources; nothing, if all is well.
.PHONY: lint lint-quick coverage
lint:
	$(Q)scripts/lint

lint-quick:
	$(Q)scripts/lint cppcheck patterns

# Which lines of ref no test reaches. Without optimisation (kernels with a little: they are what takes
# the time), in a build of its own.
coverage:
	$(Q)$(MAKE) --no-print-directory -j$(jobs) BUILD=build/coverage OPT=-O0 CFLAGS=--coverage \
	    LDFLAGS=--coverage kernel_level=-O1 build-tests
	$(Q)scripts/coverage build/coverage

# The main job on the bundled model: the word of a sign is replaced.
demo_out := build/demo
.PHONY: demo
demo: setup
	$(Q)$(MAKE) --no-print-directory -j$(jobs) all
	$(Q)mkdir -p $(demo_out)
	$(Q)scripts/demo $(BUILD)/touchstone $(demo_out)

# What it costs, as ratios within one run; tests/bench/bench.h. The peer is `PYTHON -c "import torch"`.
bench_sources := $(wildcard tests/bench/*.c)
ROUNDS ?= 5
export PYTHON
$(BUILD)/bench: $(bench_sources:%.c=$(BUILD)/%.o) $(parts) $(library)
	@echo "  LD   $@"
	$(Q)$(CC) $(filter %.o,$^) $(library) $(LDFLAGS) $(LIBS) -o $@

.PHONY: bench bench-compare
bench: $(BUILD)/bench
	$(Q)test -f build/bench-vae/vae/config.json || scripts/make-checkpoint --full build/bench-vae --only vae
	$(Q)$(BUILD)/bench --rounds $(ROUNDS) --vae build/bench-vae --json build/bench.json

bench-compare: $(BUILD)/bench
	$(Q)$(BUILD)/bench --compare $(OLD) build/bench.json

include_dir := $(DESTDIR)$(PREFIX)/include/touchstone
.PHONY: install uninstall
install: all $(shared)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig \
	           $(DESTDIR)$(PREFIX)/share/man/man1 $(include_dir)
	install -m 755 $(BUILD)/touchstone $(DESTDIR)$(PREFIX)/bin/touchstone
	install -m 644 $(library) $(DESTDIR)$(PREFIX)/lib/
	install -m 755 $(shared) $(DESTDIR)$(PREFIX)/lib/
	ln -sfn $(notdir $(shared)) $(DESTDIR)$(PREFIX)/lib/libtouchstone.so.$(MAJOR)
	ln -sfn libtouchstone.so.$(MAJOR) $(DESTDIR)$(PREFIX)/lib/libtouchstone.so
	install -m 644 data/man/touchstone.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -d $(DESTDIR)$(PREFIX)/share/touchstone/fonts
	install -m 644 data/fonts/*.ttf data/fonts/LICENSE-* $(DESTDIR)$(PREFIX)/share/touchstone/fonts/
	for f in $(filter-out ref/cli/%,$(wildcard ref/*/*.h ref/*/*.def)); do \
	    install -D -m 644 $$f $(include_dir)/$$f || exit 1; done
	install -m 644 ref/touchstone.h $(include_dir)/touchstone.h
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBS@|$(LIBS)|' \
	    -e 's|@EXCESS@|$(excess)|' \
	    scripts/touchstone.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/touchstone.pc

uninstall:
	rm -rf $(include_dir) $(DESTDIR)$(PREFIX)/share/touchstone $(DESTDIR)$(PREFIX)/bin/touchstone \
	       $(DESTDIR)$(PREFIX)/lib/libtouchstone.* \
	       $(DESTDIR)$(PREFIX)/lib/pkgconfig/touchstone.pc \
	       $(DESTDIR)$(PREFIX)/share/man/man1/touchstone.1

.PHONY: clean help
clean:
	rm -rf build

help:
	@echo "make            library and command: build/touchstone"
	@echo "make demo       set up, build, edit a bundled picture, say where the result is"
	@echo "make test       set up, build, run every test"
	@echo "make test-quick the tests without the long ones (SAN=address,undefined, ...)"
	@echo "make hashes     does this build give the known bits, with 1 to 7 threads"
	@echo "make cross      do all compilers and processors (qemu; PLATFORMS='s390x-*')"
	@echo "make valgrind   the rooms that read files, under valgrind (VALGRIND_ROOMS=)"
	@echo "make kills      500 processes of the data cache killed: nothing wrong is ever read"
	@echo "make fuzz       feed every parser broken input (clang; FUZZ_SECONDS=60 each)"
	@echo "make lint       gcc -fanalyzer, cppcheck, clang-tidy (lint-quick: without following paths)"
	@echo "make coverage   which lines of ref no test reaches"
	@echo "make bench      what it costs, against OpenBLAS, a memory copy and CPU PyTorch"
	@echo "make bench-compare OLD=FILE.json   what changed since"
	@echo "make install    command, libraries, headers, man page (PREFIX=, DESTDIR=)"
	@echo "make clean      remove build/"
	@sed -n '3,/^$$/s/^# \{0,1\}//p' Makefile

-include $(objects:.o=.d) $(command_objects:.o=.d) $(programs:=.d) $(support:.o=.d) \
         $(fuzzing:.o=.d) $(hashing:.o=.d) $(bench_sources:%.c=$(BUILD)/%.d)
