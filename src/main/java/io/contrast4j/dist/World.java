package io.contrast4j.dist;

import io.contrast4j.spec.Problems;

/**
 * The processes that train together, and which of them this one is. Each has one device.
 *
 * @param rank number of this process, from 0; rank 0 writes the run's folder
 * @param size number of processes
 * @param localRank number of this process among those of its host, from 0: the number of its device
 * @param localSize processes of this host
 */
public record World(int rank, int size, int localRank, int localSize) {
    /** One process. */
    public static final World ALONE = new World(0, 1, 0, 1);

    public World {
        new Problems()
                .atLeast("size", size, 1)
                .between("rank", rank, 0, Math.max(0, size - 1))
                .between("localSize", localSize, 1, Math.max(1, size))
                .between("localRank", localRank, 0, Math.max(0, localSize - 1))
                .raise();
    }

    /** Whether there are no others. */
    public boolean isAlone() {
        return size == 1;
    }

    /** Whether this process writes what all have in common. */
    public boolean isFirst() {
        return rank == 0;
    }
}
