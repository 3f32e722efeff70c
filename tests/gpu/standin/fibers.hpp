// Runs a CUDA kernel on the CPU: the blocks one after the other, each thread of a block a fiber.
//
// A fiber runs until it has to wait: at a barrier of its block, or where lanes of its warp meet (a shuffle,
// a ballot). What would hang or be undefined on a GPU ends the launch with a message instead: a barrier
// that some threads never reach, lanes of a mask that have exited, a lane read that takes no part.
//
// Shared memory holds 0xff bytes when a block starts (NaN, -1), and guards behind it.

#include <cfenv>
#include <climits>
#include <cmath>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>
#include <type_traits>
#include <utility>
#if !defined(__x86_64__) || defined(STANDIN_UCONTEXT)
#include <ucontext.h>
#endif

struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x, y, z; };

namespace standin {

const unsigned WARP = 32, THREADS_MAX = 1024, WARPS_MAX = THREADS_MAX / WARP;
const size_t STACK_BYTES = 128 << 10;
const size_t STACK_STRIDE = STACK_BYTES + 9 * 64;   // the tops of stacks are in different cache sets
const size_t SHARED_BYTES = 48 << 10;          // without opting in
const size_t SHARED_BYTES_MAX = 227 << 10;     // of one block, after opting in
const size_t GUARD_BYTES = 64;
const size_t ERROR_BYTES = 1024;
const unsigned char GUARD = 0xb7, POISON = 0xff;
const uint64_t CANARY = 0x5afe57ac4b07703full;

// --- switching stacks

#if defined(__x86_64__) && !defined(STANDIN_UCONTEXT)

typedef void *Context;   // the stack pointer; what must survive a call lies on the stack

extern "C" void standin_switch(Context *from, Context to) __attribute__((visibility("hidden")));
__asm__(
    ".text\n.globl standin_switch\n.hidden standin_switch\n.type standin_switch,@function\n"
    "standin_switch:\n"
    "pushq %rbp\npushq %rbx\npushq %r12\npushq %r13\npushq %r14\npushq %r15\n"
    "movq %rsp,(%rdi)\nmovq %rsi,%rsp\n"
    "popq %r15\npopq %r14\npopq %r13\npopq %r12\npopq %rbx\npopq %rbp\nret\n");

static void go(Context *from, Context *to) { standin_switch(from, *to); }

static void prepare(Context *context, char *stack, void (*entry)())
{
    uintptr_t end = ((uintptr_t)stack + STACK_BYTES) & ~(uintptr_t)15;
    void **top = (void **)end - 8;
    memset(top, 0, 8 * sizeof(void *));
    top[6] = (void *)entry;   // above the six registers; entered as by a call
    *context = top;
}

#else

typedef ucontext_t Context;

static void go(Context *from, Context *to) { swapcontext(from, to); }

static void prepare(Context *context, char *stack, void (*entry)())
{
    getcontext(context);
    context->uc_stack.ss_sp = stack;
    context->uc_stack.ss_size = STACK_BYTES;
    context->uc_link = nullptr;
    makecontext(context, entry, 0);
}

#endif

// --- threads, warps, the block

enum State { READY, AT_BARRIER, AT_MEETING, EXITED };

struct Warp;

struct Thread {
    uint3 index;
    unsigned lane;
    Warp *warp;
    State state;
    Context context;
    char *stack;
    const char *at;          // the intrinsic it waits in
    uint32_t given[8];       // what it brings to a meeting,
    uint32_t taken[8];       // and what the others find of it afterwards
};

struct Meeting {
    unsigned mask, arrived;
    const char *what;
};

struct Warp {
    Thread *threads;
    unsigned absent;         // lanes that have exited or never were
    unsigned n_meetings;
    Meeting meetings[WARP];
};

struct Block {
    uint3 index;
    dim3 size, grid;
    unsigned n_threads, n_arrived, n_exited;
    const char *barrier;     // the one that threads wait at
    int votes, verdict;      // of __syncthreads_count
    Thread threads[THREADS_MAX];
    Warp warps[WARPS_MAX];
};

static Block block;
static Thread *current;
static Context main_context;
static void (*run_kernel)(void **);
static void **kernel_arguments;
static char *error_text;
static bool failed;
static uint64_t random_state;   // 0: threads and blocks in order
alignas(128) static unsigned char dynamic_shared[SHARED_BYTES_MAX + GUARD_BYTES];

static uint64_t random_below(uint64_t bound)
{
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return (random_state >> 33) % bound;
}

static void complain(const char *format, ...)
{
    if (!failed) {
        va_list list;
        va_start(list, format);
        vsnprintf(error_text, ERROR_BYTES, format, list);
        va_end(list);
    }
    failed = true;
}

/// The next thread that can run, or none. In a random order the launch itself chooses.
static Thread *next_ready()
{
    if (failed || random_state) return nullptr;
    Thread *end = block.threads + block.n_threads;
    for (Thread *thread = current + 1; thread < end; thread++) {
        if (thread->state == READY) return thread;
    }
    return nullptr;
}

/// Lets other fibers run; returns when this one is run again.
static void pause()
{
    Thread *self = current, *next = next_ready();
    current = next ? next : self;
    go(&self->context, next ? &next->context : &main_context);
}

/// Leaves the launch for good.
#define STANDIN_FAIL(...) do { standin::complain(__VA_ARGS__); standin::pause(); } while (0)

// --- where threads wait for one another

/// Waits until all threads of the block have come; returns the sum of their votes.
static int barrier(const char *what, int vote)
{
    if (block.n_exited) {
        STANDIN_FAIL("%s is reached after %u of %u threads of the block have exited", what, block.n_exited,
                     block.n_threads);
    }
    if (block.n_arrived && strcmp(block.barrier, what)) {
        STANDIN_FAIL("threads of a block wait at %s and at %s", block.barrier, what);
    }
    block.barrier = what;
    block.votes += vote;
    if (++block.n_arrived < block.n_threads) {
        current->state = AT_BARRIER;
        current->at = what;
        pause();
        return block.verdict;
    }
    block.n_arrived = 0;
    block.verdict = block.votes;
    block.votes = 0;
    for (unsigned i = 0; i < block.n_threads; i++) block.threads[i].state = READY;
    return block.verdict;
}

static Meeting *meeting_of(Warp *warp, unsigned mask, const char *what)
{
    for (unsigned i = 0; i < warp->n_meetings; i++) {
        Meeting *meeting = &warp->meetings[i];
        if (meeting->mask != mask) continue;
        if (meeting->what != what && strcmp(meeting->what, what)) {
            STANDIN_FAIL("lanes of mask %08x are in %s and in %s", mask, meeting->what, what);
        }
        return meeting;
    }
    Meeting *meeting = &warp->meetings[warp->n_meetings++];
    *meeting = {mask, 0, what};
    return meeting;
}

/// Waits for all lanes of the mask; afterwards each one's value is in its `taken`.
static void meet(unsigned mask, const char *what, const void *value, size_t n_bytes)
{
    Warp *warp = current->warp;
    unsigned bit = 1u << current->lane;
    if (!(mask & bit)) STANDIN_FAIL("%s with mask %08x is called by lane %u", what, mask, current->lane);
    if (mask & warp->absent) {
        STANDIN_FAIL("%s with mask %08x counts on lanes %08x, which have exited or do not exist", what, mask,
                     mask & warp->absent);
    }
    memcpy(current->given, value, n_bytes);
    Meeting *meeting = meeting_of(warp, mask, what);
    meeting->arrived |= bit;
    if (meeting->arrived != mask) {
        current->state = AT_MEETING;
        current->at = what;
        pause();
        return;
    }
    *meeting = warp->meetings[--warp->n_meetings];
    for (unsigned lane = 0; lane < WARP; lane++) {
        if (!(mask >> lane & 1)) continue;
        Thread *thread = &warp->threads[lane];
        memcpy(thread->taken, thread->given, n_bytes);
        thread->state = READY;
    }
}

/// What a lane brought to the meeting that is just over.
template <class T> static T brought_by(unsigned lane, unsigned mask, const char *what)
{
    if (!(mask >> lane & 1)) STANDIN_FAIL("%s with mask %08x reads lane %u", what, mask, lane);
    T value;
    memcpy(&value, current->warp->threads[lane].taken, sizeof(T));
    return value;
}

/// In a random order, a thread may be interrupted before each atomic operation.
static void maybe_pause()
{
    if (random_state && random_below(4) == 0) pause();
}

static void exit_thread()
{
    Warp *warp = current->warp;
    unsigned bit = 1u << current->lane;
    uint64_t canary;
    memcpy(&canary, current->stack, sizeof canary);
    if (canary != CANARY) STANDIN_FAIL("a thread needs more than %zu bytes of stack", STACK_BYTES);
    current->state = EXITED;
    block.n_exited++;
    warp->absent |= bit;
    if (block.n_arrived) STANDIN_FAIL("a thread exits while %u others wait at %s", block.n_arrived, block.barrier);
    for (unsigned i = 0; i < warp->n_meetings; i++) {
        if (warp->meetings[i].mask & bit) {
            STANDIN_FAIL("lane %u exits while others wait for it at %s", current->lane, warp->meetings[i].what);
        }
    }
    pause();
}

static void fiber()
{
    run_kernel(kernel_arguments);
    exit_thread();
}

// --- one launch

static char *stack_of(unsigned thread)
{
    static char *stacks;
    if (!stacks) {
        void *found = mmap(nullptr, THREADS_MAX * STACK_STRIDE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        stacks = found == MAP_FAILED ? nullptr : (char *)found;
    }
    return stacks + thread * STACK_STRIDE;
}

static void set_up(uint3 index)
{
    block.index = index;
    block.n_arrived = block.n_exited = 0;
    block.votes = 0;
    for (unsigned i = 0; i < block.n_threads; i++) {
        Thread *thread = &block.threads[i];
        unsigned x = block.size.x, y = block.size.y;
        thread->index = {i % x, i / x % y, i / x / y};
        thread->lane = i % WARP;
        thread->warp = &block.warps[i / WARP];
        thread->state = READY;
        thread->stack = stack_of(i);
        memcpy(thread->stack, &CANARY, sizeof CANARY);
        prepare(&thread->context, thread->stack, fiber);
    }
    for (unsigned w = 0; w * WARP < block.n_threads; w++) {
        unsigned n_lanes = block.n_threads - w * WARP;
        block.warps[w].threads = &block.threads[w * WARP];
        block.warps[w].absent = n_lanes >= WARP ? 0 : ~0u << n_lanes;
        block.warps[w].n_meetings = 0;
    }
}

/// Runs every thread that can run, from a random one on where the order is random.
static bool run_ready_threads()
{
    bool any = false;
    unsigned first = random_state ? random_below(block.n_threads) : 0;
    for (unsigned i = 0; i < block.n_threads && !failed; i++) {
        unsigned at = first + i < block.n_threads ? first + i : first + i - block.n_threads;
        current = &block.threads[at];
        if (current->state != READY) continue;
        any = true;
        go(&main_context, &current->context);
    }
    return any;
}

static void run_block()
{
    while (!failed && block.n_exited < block.n_threads) {
        if (run_ready_threads()) continue;
        const Thread *first = nullptr, *other = nullptr;
        for (unsigned i = 0; i < block.n_threads; i++) {
            const Thread *thread = &block.threads[i];
            if (thread->state == EXITED) continue;
            if (!first) first = thread;
            if (strcmp(thread->at, first->at)) other = thread;
        }
        complain("the threads of a block wait for one another: some at %s, others at %s", first->at,
                 other ? other->at : "the same with other masks");
    }
}

struct Statics {   // one kernel's static shared memory
    unsigned char *start, *stop;
    size_t bytes() const { return stop - start; }
    void poison() const { if (start) memset(start, POISON, bytes()); }
};

static bool fits(dim3 grid, dim3 size, size_t static_bytes, size_t dynamic_bytes, size_t opted_in)
{
    uint64_t n_threads = (uint64_t)size.x * size.y * size.z;
    size_t bytes = static_bytes + dynamic_bytes;
    if (n_threads == 0 || n_threads > THREADS_MAX || size.z > 64) {
        complain("invalid configuration: blocks of %u x %u x %u threads", size.x, size.y, size.z);
    } else if (!grid.x || !grid.y || !grid.z || grid.x > INT_MAX || grid.y > 65535 || grid.z > 65535) {
        complain("invalid configuration: a grid of %u x %u x %u blocks", grid.x, grid.y, grid.z);
    } else if (bytes > SHARED_BYTES && (dynamic_bytes > opted_in || bytes > SHARED_BYTES_MAX)) {
        complain("invalid configuration: %zu bytes of shared memory (%zu of them static)", bytes, static_bytes);
    } else if (!stack_of(0)) {
        complain("no memory for the stacks of the threads");
    }
    return !failed;
}

/// Runs a kernel; returns 0, or 1 with a message in `error`.
static int launch(dim3 grid, dim3 size, size_t dynamic_bytes, size_t opted_in, Statics own, Statics common,
                  void (*call)(void **), void **arguments, uint64_t seed, char *error)
{
    failed = false;
    error_text = error;
    random_state = seed;
    if (!fits(grid, size, own.bytes() + common.bytes(), dynamic_bytes, opted_in)) return 1;
    run_kernel = call;
    kernel_arguments = arguments;
    block.size = size;
    block.grid = grid;
    block.n_threads = size.x * size.y * size.z;
    uint64_t n_blocks = (uint64_t)grid.x * grid.y * grid.z;
    uint64_t first = seed ? random_below(n_blocks) : 0;
    for (uint64_t i = 0; i < n_blocks && !failed; i++) {
        uint64_t at = seed ? n_blocks - 1 - (i + first) % n_blocks : i;   // backwards from a random one
        own.poison();
        common.poison();
        memset(dynamic_shared, POISON, dynamic_bytes);
        memset(dynamic_shared + dynamic_bytes, GUARD, GUARD_BYTES);
        set_up({(unsigned)(at % grid.x), (unsigned)(at / grid.x % grid.y), (unsigned)(at / grid.x / grid.y)});
        run_block();
        for (size_t byte = 0; byte < GUARD_BYTES; byte++) {
            if (dynamic_shared[dynamic_bytes + byte] == GUARD) continue;
            complain("a write behind the %zu bytes of dynamic shared memory", dynamic_bytes);
        }
    }
    return failed;
}

// --- a kernel's parameters, from its type

/// f: float, i: integer, s: anything else; then the bytes.
template <class T> static int put_type(char *to)
{
    if constexpr (std::is_void<T>()) return sprintf(to, "v0 ");
    else return sprintf(to, "%c%zu ", std::is_floating_point<T>() ? 'f' : std::is_integral<T>() ? 'i' : 's', sizeof(T));
}

template <class T> struct Described { static int put(char *to) { return put_type<T>(to); } };
template <class T> struct Described<T *> {
    static int put(char *to) { *to = '*'; return 1 + put_type<T>(to + 1); }
};

template <class... Parameters> static void describe(void (*)(Parameters...), char *to)
{
    *to = 0;
    ((to += Described<Parameters>::put(to)), ...);
}

template <class... Parameters, size_t... I>
static void spread(void (*kernel)(Parameters...), void **arguments, std::index_sequence<I...>)
{
    kernel(*(Parameters *)arguments[I]...);
}

template <class... Parameters> static void call(void (*kernel)(Parameters...), void **arguments)
{
    spread(kernel, arguments, std::index_sequence_for<Parameters...>());
}

}   // namespace standin
