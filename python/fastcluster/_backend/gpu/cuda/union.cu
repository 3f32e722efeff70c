// What DBSCAN does with the bits of tiles (`eps.cu`): sums of weights, unions, and the least of some rows.
//
// `tiles` holds the first row and the first column of each tile. A warp takes 32 words: 32 rows by 32 columns;
// lane i holds the word of row i. Only integers are added and compared: no order of threads changes a result.
//
// Unions follow Jaiganesh and Burtscher 2018, doi:10.1145/3208040.3208041 (ECL-CC): the higher root is pointed to the
// lower by compare-and-swap, paths are halved. Pointers only fall, so no cycle forms, no union is lost, and a set's
// root is its least row.
//
// variants: WEIGHTED=0,1

struct Square {
    long long tile, row, column;
    unsigned word;
    bool is_there;
};

/// The 32 rows from `strip` and the 32 columns from `word` of a tile.
__device__ __forceinline__ Square square_at(
    const unsigned *bits, const long long *tiles, long long tile, long long side, long long strip, long long word)
{
    Square square;
    square.tile = tile;
    square.row = tiles[2 * tile] + strip * 32;
    square.column = tiles[2 * tile + 1] + word * 32;
    square.word = bits[(tile * (side / 32) + word) * side + strip * 32 + threadIdx.x % 32];
    square.is_there = true;
    return square;
}

/// The square of a warp, where every warp takes one.
__device__ __forceinline__ Square my_square(
    const unsigned *bits, const long long *tiles, long long n_tiles, long long side)
{
    long long number = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    long long strips = side / 32, per_tile = strips * strips;
    if (number >= n_tiles * per_tile) {
        Square none;
        none.is_there = false;
        return none;
    }
    long long inside = number % per_tile;
    return square_at(bits, tiles, number / per_tile, side, inside % strips, inside / strips);
}

// WEIGHTED: a row's weight is in three parts, parts[p * n + row]; otherwise it is 1.
#ifndef WEIGHTED
#define WEIGHTED 0
#endif
#define PARTS (WEIGHTED ? 3 : 1)

/// Squares that one warp adds up before it writes.
#define GROUP 16

__device__ __forceinline__ void add_to(
    unsigned long long *sums, long long n, long long row, const long long *found)
{
    for (int part = 0; part < PARTS; part++) {
        if (found[part] != 0) {
            atomicAdd(sums + part * n + row, (unsigned long long)found[part]);
        }
    }
}

/// Adds to each row what its neighbours among the columns weigh.
extern "C" __global__ void weigh_rows(
    const unsigned *bits, const long long *tiles, long long n_tiles, long long side, const long long *parts,
    long long n, unsigned long long *sums)
{
    long long number = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    long long strips = side / 32, groups = (strips + GROUP - 1) / GROUP;
    if (number >= n_tiles * strips * groups) {
        return;
    }
    long long tile = number / (strips * groups), strip = number % strips, group = number / strips % groups;
    long long found[PARTS] = {};
    long long row = 0;
    for (long long word = group * GROUP; word < min((group + 1) * GROUP, strips); word++) {
        Square square = square_at(bits, tiles, tile, side, strip, word);
        row = square.row + threadIdx.x % 32;
#if WEIGHTED
        for (unsigned rest = square.word; rest != 0; rest &= rest - 1) {
            long long column = square.column + __ffs((int)rest) - 1;
            for (int part = 0; part < PARTS; part++) {
                found[part] += parts[part * n + column];
            }
        }
#else
        found[0] += __popc(square.word);
#endif
    }
    add_to(sums, n, row, found);
}

/// Adds to each column what its neighbours among the rows weigh.
extern "C" __global__ void weigh_columns(
    const unsigned *bits, const long long *tiles, long long n_tiles, long long side, const long long *parts,
    long long n, unsigned long long *sums)
{
    long long number = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    int lane = threadIdx.x % 32;
    long long strips = side / 32, groups = (strips + GROUP - 1) / GROUP;
    if (number >= n_tiles * strips * groups) {
        return;
    }
    long long tile = number / (strips * groups), word = number % strips, group = number / strips % groups;
    long long found[PARTS] = {};
    long long column = 0;
    for (long long strip = group * GROUP; strip < min((group + 1) * GROUP, strips); strip++) {
        Square square = square_at(bits, tiles, tile, side, strip, word);
        column = square.column + lane;
        for (unsigned rest = __ballot_sync(FULL_WARP, square.word != 0); rest != 0; rest &= rest - 1) {
            int r = __ffs((int)rest) - 1;
            if ((__shfl_sync(FULL_WARP, square.word, r) >> lane & 1u) == 0) {
                continue;
            }
#if WEIGHTED
            for (int part = 0; part < PARTS; part++) {
                found[part] += parts[part * n + square.row + r];
            }
#else
            found[0] += 1;
#endif
        }
    }
    add_to(sums, n, column, found);
}

/// The root of a row: its set's least row, when nothing is joined meanwhile. Halves the path.
__device__ __forceinline__ int root_of(volatile int *parents, int row)
{
    int parent = parents[row];
    while (parent != row) {
        int above = parents[parent];
        if (above != parent) {
            // Another thread may have written a row nearer the root; this one is above, too.
            parents[row] = above;
        }
        row = parent;
        parent = above;
    }
    return row;
}

/// Joins the sets of neighbours that are both core.
extern "C" __global__ void unite(
    const unsigned *bits, const long long *tiles, long long n_tiles, long long side, const unsigned char *cores,
    int *parents)
{
    Square square = my_square(bits, tiles, n_tiles, side);
    if (!square.is_there) {
        return;
    }
    int lane = threadIdx.x % 32;
    bool row_is_core = square.word != 0 && cores[square.row + lane] != 0;
    unsigned rest = __ballot_sync(FULL_WARP, row_is_core);
    unsigned any = row_is_core ? square.word : 0;
    for (int half = 16; half > 0; half /= 2) {
        any |= __shfl_xor_sync(FULL_WARP, any, half);
    }
    bool column_is_core = (any >> lane & 1u) != 0 && cores[square.column + lane] != 0;
    for (; rest != 0; rest &= rest - 1) {
        int r = __ffs((int)rest) - 1;
        unsigned word = __shfl_sync(FULL_WARP, square.word, r);
        if (!column_is_core || (word >> lane & 1u) == 0) {
            continue;
        }
        int one = root_of(parents, (int)(square.row + r)), other = root_of(parents, (int)(square.column + lane));
        while (one != other) {
            int low = min(one, other), high = max(one, other);
            int seen = atomicCAS(parents + high, high, low);
            if (seen == high) {
                break;
            }
            one = low;
            other = root_of(parents, seen);
        }
    }
}

/// Writes every row's root.
extern "C" __global__ void flatten(int *parents, long long n, int *roots)
{
    long long row = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (row < n) {
        roots[row] = root_of(parents, (int)row);
    }
}

/// The least root among the core neighbours of each row that is not core.
extern "C" __global__ void border(
    const unsigned *bits, const long long *tiles, long long n_tiles, long long side, const unsigned char *cores,
    const int *roots, int *least)
{
    Square square = my_square(bits, tiles, n_tiles, side);
    if (!square.is_there) {
        return;
    }
    int lane = threadIdx.x % 32;
    for (unsigned rest = __ballot_sync(FULL_WARP, square.word != 0); rest != 0; rest &= rest - 1) {
        int r = __ffs((int)rest) - 1;
        if ((__shfl_sync(FULL_WARP, square.word, r) >> lane & 1u) == 0) {
            continue;
        }
        long long row = square.row + r, column = square.column + lane;
        if (cores[row] == cores[column]) {
            continue;
        }
        long long core = cores[row] != 0 ? row : column, other = cores[row] != 0 ? column : row;
        if (roots[core] < least[other]) {
            atomicMin(least + other, roots[core]);
        }
    }
}

/// The least value among each row's neighbours; `values` are those of the columns.
extern "C" __global__ void least_of_columns(
    const unsigned *bits, const long long *tiles, long long n_tiles, long long side, const int *values, int *least)
{
    Square square = my_square(bits, tiles, n_tiles, side);
    if (!square.is_there || square.word == 0) {
        return;
    }
    long long row = square.row + threadIdx.x % 32;
    int found = least[row];
    for (unsigned rest = square.word; rest != 0; rest &= rest - 1) {
        found = min(found, values[square.column + __ffs((int)rest) - 1]);
    }
    atomicMin(least + row, found);
}
