/* theme_watch.c: a look at the files each second: editors rename, and no notification of one
 * system is that of another. */
#include "theme_watch.h"

#include "base/mem.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum watch_limit { LOOK_EVERY_MS = 1000 };

/* What tells one content of the files from the next. */
struct seal {
    size_t count;
    struct {
        dev_t device;
        ino_t inode;
        off_t size;
        int64_t changed_ns;
    } file[THEME_BASE_MAX + 1];
};

struct theme_watch {
    char *name;
    pthread_t thread;
    int news[2], stop[2];
    struct seal seal;
    pthread_mutex_t lock; /* of what follows */
    bool has_news;
    struct err err; /* ERR_NONE: `theme` is the new one */
    struct theme theme;
};

static struct seal look(const char *name)
{
    char *paths[THEME_BASE_MAX + 1];
    struct seal seal = {.count = theme_files(name, paths)};

    for (size_t i = 0; i < seal.count; i++) {
        struct stat is;
        if (stat(paths[i], &is) == 0) {
            seal.file[i].device = is.st_dev;
            seal.file[i].inode = is.st_ino;
            seal.file[i].size = is.st_size;
            seal.file[i].changed_ns = (int64_t)is.st_mtim.tv_sec * 1000000000 + is.st_mtim.tv_nsec;
        }
        free(paths[i]);
    }
    return seal;
}

static bool same(const struct seal *a, const struct seal *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->file[i].device != b->file[i].device || a->file[i].inode != b->file[i].inode ||
            a->file[i].size != b->file[i].size || a->file[i].changed_ns != b->file[i].changed_ns)
            return false;
    return true;
}

static void publish(struct theme_watch *watch)
{
    struct theme theme;
    struct err err = {0};

    theme_load(&theme, watch->name, &err);
    pthread_mutex_lock(&watch->lock);
    watch->has_news = true;
    watch->err = err;
    if (err.code == ERR_NONE)
        watch->theme = theme;
    pthread_mutex_unlock(&watch->lock);
    ssize_t sent = write(watch->news[1], "", 1);
    (void)sent; /* a full pipe is readable already */
}

static void *run(void *arg)
{
    struct theme_watch *watch = arg;
    struct pollfd stop = {.fd = watch->stop[0], .events = POLLIN};

    while (poll(&stop, 1, LOOK_EVERY_MS) <= 0) {
        struct seal now = look(watch->name);
        if (same(&now, &watch->seal))
            continue;
        watch->seal = now;
        publish(watch);
    }
    return NULL;
}

/* Signals are the terminal thread's. */
static bool start(struct theme_watch *watch)
{
    sigset_t all, old;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    bool ok = pthread_create(&watch->thread, NULL, run, watch) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return ok;
}

static bool open_pipe(int fds[2])
{
    if (pipe(fds) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        fcntl(fds[i], F_SETFD, FD_CLOEXEC);
        fcntl(fds[i], F_SETFL, O_NONBLOCK);
    }
    return true;
}

struct theme_watch *theme_watch_new(const char *name_or_path)
{
    struct seal seal = look(name_or_path);

    if (!seal.count)
        return NULL;
    struct theme_watch *watch = xcalloc(1, sizeof *watch);
    watch->name = xstrdup(name_or_path);
    watch->seal = seal;
    watch->news[0] = watch->news[1] = watch->stop[0] = watch->stop[1] = -1;
    pthread_mutex_init(&watch->lock, NULL);
    if (open_pipe(watch->news) && open_pipe(watch->stop) && start(watch))
        return watch;
    close(watch->stop[1]);
    watch->stop[1] = -1;
    theme_watch_free(watch);
    return NULL;
}

void theme_watch_free(struct theme_watch *watch)
{
    if (!watch)
        return;
    if (watch->stop[1] >= 0) {
        close(watch->stop[1]);
        pthread_join(watch->thread, NULL);
    }
    close(watch->stop[0]);
    close(watch->news[0]);
    close(watch->news[1]);
    pthread_mutex_destroy(&watch->lock);
    free(watch->name);
    free(watch);
}

int theme_watch_fd(const struct theme_watch *watch)
{
    return watch ? watch->news[0] : -1;
}

bool theme_watch_take(struct theme_watch *watch, struct theme *theme, struct err *err)
{
    char drained[64];

    while (read(watch->news[0], drained, sizeof drained) == (ssize_t)sizeof drained)
        ;
    pthread_mutex_lock(&watch->lock);
    bool has_news = watch->has_news, ok = has_news && watch->err.code == ERR_NONE;
    if (ok)
        *theme = watch->theme;
    else if (has_news)
        *err = watch->err;
    watch->has_news = false;
    pthread_mutex_unlock(&watch->lock);
    return ok;
}
