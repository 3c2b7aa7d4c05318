package io.contrast4j.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import org.bytedeco.pytorch.Tensor;

/**
 * Copies parts of a file into tensors, on as many threads as there are processors, and compares their checksums on the
 * way. The bytes go from the file's cache straight into the tensor's memory.
 */
final class StorageLoader {
    /** Below this, starting threads takes longer than copying. */
    private static final long WORTH_THREADS = 1 << 22;

    private final FileBytes file;
    private final List<Job> jobs = new ArrayList<>();

    StorageLoader(FileBytes file) {
        this.file = file;
    }

    private record Job(Extent extent, List<ByteBuffer> memory) {}

    /** @param elements contiguous, on the CPU, of as many bytes as the extent */
    void add(Extent extent, Tensor elements) {
        jobs.add(new Job(extent, TensorBytes.pieces(elements)));
    }

    void load() throws IOException {
        long total = jobs.stream().mapToLong(job -> job.extent.size()).sum();
        // The largest first, so that no thread is left with one at the end.
        jobs.sort(Comparator.comparingLong((Job job) -> job.extent.size()).reversed());
        // A parallel stream ends at the first exception, while its other threads still write to memory of the caller's.
        List<IOException> failures = (total < WORTH_THREADS ? jobs.stream() : jobs.parallelStream())
                .map(this::load)
                .flatMap(Optional::stream)
                .toList();
        if (!failures.isEmpty()) {
            throw failures.get(0);
        }
    }

    /** What went wrong, if anything. */
    private Optional<IOException> load(Job job) {
        try {
            Optional<CRC32> sum = job.extent.crc().isPresent() ? Optional.of(new CRC32()) : Optional.empty();
            long at = job.extent.begin();
            for (ByteBuffer piece : job.memory) {
                long size = piece.remaining();
                file.read(piece, at, sum);
                at += size;
            }
            if (sum.isPresent()) {
                FileBytes.check(job.extent, sum.get());
            }
            return Optional.empty();
        } catch (IOException failed) {
            return Optional.of(failed);
        }
    }
}
