/* program.c: see program.h. */
#include "program.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 32, AGAIN_MAX = 60 };

void program_init(struct program *program)
{
    *program = (struct program){0};
    snprintf(program->home, sizeof program->home, "%s", test_dir());
    program_setenv(program, "HOME", program->home);
    program_setenv(program, "PATH", "/usr/bin:/bin");
    program_setenv(program, "LC_ALL", "C.UTF-8");
    program_setenv(program, "DOCKER_HOST", "unix:///nonexistent/docker.sock");
}

void program_setenv(struct program *program, const char *name, const char *value)
{
    size_t len = strlen(name);
    int i;

    for (i = 0; i < program->env_count; i++)
        if (strncmp(program->env[i], name, len) == 0 && program->env[i][len] == '=')
            break;
    ck_assert_int_lt(i, 16);
    if (i == program->env_count)
        program->env_count++;
    snprintf(program->env[i], sizeof program->env[i], "%s=%s", name, value);
}

void program_write(const struct program *program, const char *name, const char *text)
{
    char path[8600];

    snprintf(path, sizeof path, "%s/%s", program->home, name);
    for (char *slash = strchr(path + strlen(program->home) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *f = fopen(path, "w");
    ck_assert_msg(f != NULL, "cannot write %s", path);
    fputs(text, f);
    fclose(f);
    chmod(path, 0600);
}

/* Splits at blanks; "%" becomes HOME. */
static void split(const struct program *program, const char *words, char **argv, size_t max)
{
    size_t count = 1;

    argv[0] = (char *)(uintptr_t)test_program();
    while (*words) {
        size_t len = strcspn(words, " "), used = 0;
        char *word = calloc(len + sizeof program->home, 1);
        for (size_t i = 0; i < len; i++) {
            if (words[i] != '%') {
                word[used++] = words[i];
                continue;
            }
            memcpy(word + used, program->home, strlen(program->home));
            used += strlen(program->home);
        }
        ck_assert_uint_lt(count, max - 1);
        argv[count++] = word;
        words += len + strspn(words + len, " ");
    }
    argv[count] = NULL;
}

static _Noreturn void become(const struct program *program, char **argv, int out, int err)
{
    char *env[20] = {0};
    int null = open("/dev/null", O_RDONLY);

    for (int i = 0; i < program->env_count; i++)
        env[i] = (char *)(uintptr_t)program->env[i];
    if (program->file_max) {
        const struct rlimit limit = {(rlim_t)program->file_max, (rlim_t)program->file_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    dup2(null, 0);
    dup2(out, 1);
    dup2(err, 2);
    execve(argv[0], argv, env);
    _exit(127);
}

static char *take(int fd)
{
    off_t len = lseek(fd, 0, SEEK_END);
    char *text = calloc((size_t)len + 1, 1);

    ck_assert_int_eq(pread(fd, text, (size_t)len, 0), len);
    close(fd);
    return text;
}

static int scratch_file(const struct program *program)
{
    char path[4300];

    snprintf(path, sizeof path, "%s/said-XXXXXX", program->home);
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    unlink(path);
    return fd;
}

struct running program_start(const struct program *program, const char *words)
{
    char *argv[WORDS_MAX];
    struct running running = {.out = scratch_file(program), .err = scratch_file(program)};

    split(program, words, argv, WORDS_MAX);
    running.pid = fork();
    ck_assert_int_ge(running.pid, 0);
    if (running.pid == 0)
        become(program, argv, program->out ? program->out : running.out, running.err);
    for (char **word = argv + 1; *word; word++)
        free(*word);
    return running;
}

struct said program_finish(struct running *running)
{
    int state = 0;

    ck_assert_int_eq(waitpid(running->pid, &state, 0), running->pid);
    return (struct said){
        .status = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state),
        .out = take(running->out),
        .err = take(running->err),
    };
}

struct said program_run(const struct program *program, const char *words)
{
    struct running running = program_start(program, words);

    return program_finish(&running);
}

static bool is_early(const struct said *said)
{
    return said->status == 1 && (strstr(said->out, "wait: ") || strstr(said->out, "RL serial"));
}

struct said program_run_in_time(const struct program *program, const char *words)
{
    struct said said = program_run(program, words);

    for (int tries = 0; tries < AGAIN_MAX && is_early(&said); tries++) {
        said_release(&said);
        said = program_run(program, words);
    }
    return said;
}

void said_release(struct said *said)
{
    free(said->out);
    free(said->err);
    *said = (struct said){0};
}

const char *said_line(const struct said *said, int out, char *line, size_t size)
{
    const char *text = out ? said->out : said->err;

    snprintf(line, size, "%.*s", (int)strcspn(text, "\n"), text);
    return line;
}

json_t *said_json(const struct said *said)
{
    json_error_t error;
    size_t len = strlen(said->out);

    ck_assert_msg(len > 1 && strchr(said->out, '\n') == said->out + len - 1,
                  "not one line: '%s' (stderr '%s')", said->out, said->err);
    json_t *root = json_loads(said->out, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(root != NULL, "%s in %s", error.text, said->out);
    return root;
}
