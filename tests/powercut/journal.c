// What a process asks of the disk below one folder, written down in order; and, when told to, calls that fail.
//
// Loaded with LD_PRELOAD; nothing happens until `journal_begin`. Every call is made and written down under one lock, so the order
// in the journal is the order in which the system saw the calls. A call that changes a file in a way that the simulator
// does not know (a shared mapping, sendfile, fallocate …) is written down as such, and the simulator refuses the journal.
// The WAL-index (*-shm) is left out: SQLite never relies on what a disk holds of it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES_MAX 65536
enum { OPENS = 1, WRITES = 2, SYNCS = 4, NAMES = 8 };

struct __attribute__((packed)) line {
    char what;
    uint32_t file;
    int64_t place;
    uint32_t first, second;
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_length;
static int journal = -1, watching;
static uint32_t known[FILES_MAX], last_file;
static long calls, fail_at, failed;
static int fail_kinds, fail_error, fail_lasts, fail_short;

#define REAL(name, result, ...) static result (*real)(__VA_ARGS__); if (!real) real = (result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static void put(const void *bytes, size_t size) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real)
        real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    while (size) {
        ssize_t done = real(journal, bytes, size);
        if (done <= 0) {
            fprintf(stderr, "journal: cannot be written\n");
            abort(); // a journal with a gap proves nothing
        }
        bytes = (const char *)bytes + done;
        size -= (size_t)done;
    }
}

static void note(char what, uint32_t file, int64_t place, const void *first, size_t first_size, const void *second, size_t second_size) {
    if (journal < 0)
        return;
    int kept = errno;
    struct line line = {what, file, place, (uint32_t)first_size, (uint32_t)second_size};
    put(&line, sizeof line);
    put(first, first_size);
    put(second, second_size);
    errno = kept;
}

static void note_path(char what, uint32_t file, int64_t place, const char *path) { note(what, file, place, path, strlen(path), "", 0); }

// The absolute path without "." and "..", or "" when it is not below the folder.
static const char *within(int folder, const char *path, char *whole) {
    char raw[2 * PATH_MAX], link[64];
    whole[0] = 0;
    if (!watching || !path)
        return whole;
    if (path[0] == '/') {
        snprintf(raw, sizeof raw, "%s", path);
    } else if (folder == AT_FDCWD) {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here))
            return whole;
        snprintf(raw, sizeof raw, "%s/%s", here, path);
    } else {
        char here[PATH_MAX];
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t size = readlink(link, here, sizeof here - 1);
        if (size < 0)
            return whole;
        here[size] = 0;
        snprintf(raw, sizeof raw, "%s/%s", here, path);
    }
    char out[2 * PATH_MAX];
    size_t at = 0;
    for (char *rest = raw, *piece; (piece = strsep(&rest, "/"));) {
        if (!*piece || !strcmp(piece, "."))
            continue;
        if (!strcmp(piece, "..")) {
            while (at && out[--at] != '/') {
            }
            continue;
        }
        out[at++] = '/';
        strcpy(out + at, piece);
        at += strlen(piece);
    }
    out[at] = 0;
    if (strncmp(out, root, root_length) || (out[root_length] && out[root_length] != '/') || at >= PATH_MAX)
        return whole;
    if (at > 4 && !strcmp(out + at - 4, "-shm"))
        return whole;
    strcpy(whole, out);
    return whole;
}

// Whether this call fails; the kind of call is one of the enum above. Called under the lock.
static int fails(int kind) {
    if (!(kind & fail_kinds))
        return 0;
    calls++;
    if (!fail_at || calls < fail_at || (calls > fail_at && !fail_lasts))
        return 0;
    failed++;
    errno = fail_error;
    return 1;
}

int journal_begin(const char *folder, const char *path) {
    pthread_mutex_lock(&turn);
    memset(known, 0, sizeof known);
    strcpy(root, folder);
    root_length = strlen(root);
    if (path && *path) {
        int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
        journal = real(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    }
    watching = 1;
    pthread_mutex_unlock(&turn);
    return path && *path ? journal : 0;
}

void journal_end(void) {
    pthread_mutex_lock(&turn);
    if (journal >= 0)
        close(journal);
    journal = -1;
    watching = 0;
    fail_kinds = 0;
    pthread_mutex_unlock(&turn);
}

void journal_mark(const char *said) {
    pthread_mutex_lock(&turn);
    note_path('A', 0, 0, said);
    pthread_mutex_unlock(&turn);
}

// From now on the nth call of these kinds fails with this error, or writes only half; all after it too where it lasts.
void journal_fail(long nth, int kinds, int error, int lasts, int half) {
    pthread_mutex_lock(&turn);
    calls = failed = 0;
    fail_at = nth;
    fail_kinds = kinds;
    fail_error = error;
    fail_lasts = lasts;
    fail_short = half;
    pthread_mutex_unlock(&turn);
}

long journal_failed(void) { return failed; }
long journal_calls(void) { return calls; }

static void opened(int made, int flags, const char *whole, int was_there) {
    if (made < 0 || made >= FILES_MAX)
        return;
    known[made] = 0;
    if (*whole) {
        known[made] = ++last_file;
        note_path('O', last_file, (flags & O_CREAT && !was_there ? 1 : 0) | (flags & O_TRUNC ? 2 : 0), whole);
    }
}

static int open_kinds(const char *whole, int flags) {
    if (!*whole)
        return 0;
    return fail_error == ENOSPC ? (flags & O_CREAT && access(whole, F_OK) ? OPENS : 0) : OPENS;
}

#define OPENING(name, call, declared, ...)                                                                                                 \
    int name declared {                                                                                                                    \
        int mode = 0;                                                                                                                      \
        if (flags & (O_CREAT | O_TMPFILE)) {                                                                                               \
            va_list rest;                                                                                                                  \
            va_start(rest, flags);                                                                                                         \
            mode = va_arg(rest, int);                                                                                                      \
            va_end(rest);                                                                                                                  \
        }                                                                                                                                  \
        REAL(name, int, __VA_ARGS__, ...);                                                                                                 \
        char whole[2 * PATH_MAX];                                                                                                          \
        pthread_mutex_lock(&turn);                                                                                                         \
        within(folder_of, path, whole);                                                                                                    \
        int made = -1;                                                                                                                     \
        if (!fails(open_kinds(whole, flags))) {                                                                                            \
            int was_there = *whole && !access(whole, F_OK);                                                                                \
            made = call;                                                                                                                   \
            opened(made, flags, whole, was_there);                                                                                         \
        }                                                                                                                                  \
        pthread_mutex_unlock(&turn);                                                                                                       \
        return made;                                                                                                                       \
    }
#define folder_of AT_FDCWD
OPENING(open, real(path, flags, mode), (const char *path, int flags, ...), const char *, int)
OPENING(open64, real(path, flags, mode), (const char *path, int flags, ...), const char *, int)
#undef folder_of
#define folder_of folder
OPENING(openat, real(folder, path, flags, mode), (int folder, const char *path, int flags, ...), int, const char *, int)
OPENING(openat64, real(folder, path, flags, mode), (int folder, const char *path, int flags, ...), int, const char *, int)
#undef folder_of

static uint32_t file_of(int opened_as) { return watching && opened_as >= 0 && opened_as < FILES_MAX ? known[opened_as] : 0; }

int close(int one) {
    REAL(close, int, int);
    if (one >= 0 && one < FILES_MAX)
        known[one] = 0;
    return real(one);
}

#define WRITING(name, type, declared, call, where)                                                                                         \
    ssize_t name declared {                                                                                                                \
        REAL(name, ssize_t, UNPACK type);                                                                                                  \
        if (!file_of(one))                                                                                                                 \
            return call(size);                                                                                                             \
        pthread_mutex_lock(&turn);                                                                                                         \
        ssize_t done = -1;                                                                                                                 \
        if (!fails(WRITES) || (fail_short && size > 1 && calls == fail_at)) {                                                              \
            if (calls == fail_at && fail_short && size > 1)                                                                                \
                size /= 2;                                                                                                                 \
            int64_t place = where;                                                                                                         \
            done = call(size);                                                                                                             \
            if (done > 0)                                                                                                                  \
                note('W', file_of(one), place, bytes, (size_t)done, "", 0);                                                                \
        }                                                                                                                                  \
        pthread_mutex_unlock(&turn);                                                                                                       \
        return done;                                                                                                                       \
    }
#define UNPACK(...) __VA_ARGS__
#define AT_PLACE(size) real(one, bytes, size, place_wanted)
#define AT_END(size) real(one, bytes, size)
static int64_t place_of(int one) {
    int flags = fcntl(one, F_GETFL);
    return flags >= 0 && flags & O_APPEND ? lseek(one, 0, SEEK_END) : lseek(one, 0, SEEK_CUR);
}
WRITING(pwrite, (int, const void *, size_t, off_t), (int one, const void *bytes, size_t size, off_t place_wanted), AT_PLACE, place_wanted)
WRITING(pwrite64, (int, const void *, size_t, off64_t), (int one, const void *bytes, size_t size, off64_t place_wanted), AT_PLACE, place_wanted)
WRITING(write, (int, const void *, size_t), (int one, const void *bytes, size_t size), AT_END, place_of(one))

#define ON_FILE(name, declared, types, kind, what, place, call)                                                                            \
    int name declared {                                                                                                                    \
        REAL(name, int, UNPACK types);                                                                                                     \
        if (!file_of(one))                                                                                                                 \
            return call;                                                                                                                   \
        pthread_mutex_lock(&turn);                                                                                                         \
        int result = -1;                                                                                                                   \
        if (!fails(kind) && !(result = call))                                                                                              \
            note(what, file_of(one), place, "", 0, "", 0);                                                                                 \
        pthread_mutex_unlock(&turn);                                                                                                       \
        return result;                                                                                                                     \
    }
ON_FILE(ftruncate, (int one, off_t size), (int, off_t), WRITES, 'T', size, real(one, size))
ON_FILE(ftruncate64, (int one, off64_t size), (int, off64_t), WRITES, 'T', size, real(one, size))
ON_FILE(fsync, (int one), (int), SYNCS, 'S', 0, real(one))
ON_FILE(fdatasync, (int one), (int), SYNCS, 'S', 0, real(one))

#define ON_NAME(name, declared, types, folder, what, call)                                                                                 \
    int name declared {                                                                                                                    \
        REAL(name, int, UNPACK types);                                                                                                     \
        char whole[2 * PATH_MAX];                                                                                                          \
        pthread_mutex_lock(&turn);                                                                                                         \
        within(folder, path, whole);                                                                                                       \
        int result = -1;                                                                                                                   \
        int kind = !*whole || ((what) != 'M' && fail_error == ENOSPC) ? 0 : NAMES; /* a full disk still removes */                         \
        if (!fails(kind) && !(result = call) && *whole)                                                                                    \
            note_path(what, 0, 0, whole);                                                                                                  \
        pthread_mutex_unlock(&turn);                                                                                                       \
        return result;                                                                                                                     \
    }
ON_NAME(unlink, (const char *path), (const char *), AT_FDCWD, 'U', real(path))
ON_NAME(rmdir, (const char *path), (const char *), AT_FDCWD, 'U', real(path))
ON_NAME(unlinkat, (int folder, const char *path, int flags), (int, const char *, int), folder, 'U', real(folder, path, flags))
ON_NAME(mkdir, (const char *path, mode_t mode), (const char *, mode_t), AT_FDCWD, 'M', real(path, mode))
ON_NAME(mkdirat, (int folder, const char *path, mode_t mode), (int, const char *, mode_t), folder, 'M', real(folder, path, mode))
ON_NAME(truncate, (const char *path, off_t size), (const char *, off_t), AT_FDCWD, 'X', real(path, size))
ON_NAME(truncate64, (const char *path, off64_t size), (const char *, off64_t), AT_FDCWD, 'X', real(path, size))

static int two_names(char what, int from, const char *old, int to, const char *path, int (*call)(int, const char *, int, const char *)) {
    char first[2 * PATH_MAX], second[2 * PATH_MAX];
    pthread_mutex_lock(&turn);
    within(from, old, first);
    within(to, path, second);
    int result = -1;
    if (!fails((*first || *second) && fail_error != ENOSPC ? NAMES : 0) && !(result = call(from, old, to, path)) && (*first || *second))
        note(what, 0, 0, first, strlen(first), second, strlen(second));
    pthread_mutex_unlock(&turn);
    return result;
}
static int real_rename(int from, const char *old, int to, const char *path) {
    REAL(renameat, int, int, const char *, int, const char *);
    return real(from, old, to, path);
}
static int real_link(int from, const char *old, int to, const char *path) {
    REAL(linkat, int, int, const char *, int, const char *, int);
    return real(from, old, to, path, 0);
}
int rename(const char *old, const char *path) { return two_names('R', AT_FDCWD, old, AT_FDCWD, path, real_rename); }
int renameat(int from, const char *old, int to, const char *path) { return two_names('R', from, old, to, path, real_rename); }
int link(const char *old, const char *path) { return two_names('L', AT_FDCWD, old, AT_FDCWD, path, real_link); }
int linkat(int from, const char *old, int to, const char *path, int flags) {
    (void)flags;
    return two_names('L', from, old, to, path, real_link);
}

// What the simulator does not know.
static void refuse(int one, const char *call) {
    if (!file_of(one))
        return;
    pthread_mutex_lock(&turn);
    note_path('X', file_of(one), 0, call);
    pthread_mutex_unlock(&turn);
}
ssize_t writev(int one, const struct iovec *parts, int count) {
    REAL(writev, ssize_t, int, const struct iovec *, int);
    refuse(one, "writev");
    return real(one, parts, count);
}
ssize_t pwritev(int one, const struct iovec *parts, int count, off_t place) {
    REAL(pwritev, ssize_t, int, const struct iovec *, int, off_t);
    refuse(one, "pwritev");
    return real(one, parts, count, place);
}
ssize_t sendfile64(int out, int in, off64_t *place, size_t size) {
    REAL(sendfile64, ssize_t, int, int, off64_t *, size_t);
    refuse(out, "sendfile");
    return real(out, in, place, size);
}
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags) {
    REAL(copy_file_range, ssize_t, int, off64_t *, int, off64_t *, size_t, unsigned);
    refuse(out, "copy_file_range");
    return real(in, from, out, to, size, flags);
}
int fallocate64(int one, int mode, off64_t place, off64_t size) {
    REAL(fallocate64, int, int, int, off64_t, off64_t);
    refuse(one, "fallocate");
    return real(one, mode, place, size);
}
int posix_fallocate64(int one, off64_t place, off64_t size) {
    REAL(posix_fallocate64, int, int, off64_t, off64_t);
    refuse(one, "posix_fallocate");
    return real(one, place, size);
}
void *mmap64(void *at, size_t size, int protection, int flags, int one, off64_t place) {
    REAL(mmap64, void *, void *, size_t, int, int, int, off64_t);
    if (flags & MAP_SHARED && protection & PROT_WRITE)
        refuse(one, "mmap");
    return real(at, size, protection, flags, one, place);
}
void *mmap(void *at, size_t size, int protection, int flags, int one, off_t place) { return mmap64(at, size, protection, flags, one, place); }
FILE *fopen64(const char *path, const char *mode) {
    REAL(fopen64, FILE *, const char *, const char *);
    char whole[2 * PATH_MAX];
    pthread_mutex_lock(&turn);
    if (strpbrk(mode, "wa+") && *within(AT_FDCWD, path, whole))
        note_path('X', 0, 0, "fopen");
    pthread_mutex_unlock(&turn);
    return real(path, mode);
}
FILE *fopen(const char *path, const char *mode) { return fopen64(path, mode); }
