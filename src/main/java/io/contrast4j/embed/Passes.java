package io.contrast4j.embed;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Pictures on their way through a network, batch by batch: some threads read them, one more runs the network, in all of
 * LibTorch's threads. So the passes of all callers come one after the other, and each has all cores.
 */
final class Passes implements AutoCloseable {
    private final Encoding encoding;
    private final int batchSize;
    private final ExecutorService readers;
    private final ExecutorService network;

    /**
     * @param encoding closed with this
     * @param threads that read pictures
     */
    Passes(Encoding encoding, int batchSize, int threads) {
        this.encoding = encoding;
        this.batchSize = batchSize;
        this.readers = Executors.newFixedThreadPool(threads, daemons("embedder-reader"));
        this.network = Executors.newSingleThreadExecutor(daemons("embedder-network"));
    }

    private static ThreadFactory daemons(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Gives the vectors of all pictures. While a chunk goes through the network, the next one is read. */
    void give(List<Picture> pictures, Embedder.Receiver receiver) {
        Optional<Chunk> next = chunk(pictures, 0);
        Optional<Chunk> now = Optional.empty();
        try {
            while (next.isPresent()) {
                now = next;
                next = chunk(pictures, now.get().end());
                give(now.get(), receiver);
                now.get().close();
            }
        } finally {
            now.ifPresent(Chunk::close);
            next.ifPresent(Chunk::close);
        }
    }

    private void give(Chunk chunk, Embedder.Receiver receiver) {
        Map<Integer, UnreadablePicture> unreadable = chunk.await();
        Future<float[]> pass = network.submit(() -> encoding.forward(chunk.images()));
        float[] rows = Waiting.result(pass);
        int length = rows.length / (chunk.end() - chunk.first());
        for (int i = chunk.first(); i < chunk.end(); i++) {
            int from = (i - chunk.first()) * length;
            UnreadablePicture failed = unreadable.get(i);
            if (failed == null) {
                receiver.vector(i, Arrays.copyOfRange(rows, from, from + length));
            } else {
                receiver.unreadable(failed);
            }
        }
    }

    private Optional<Chunk> chunk(List<Picture> pictures, int first) {
        if (first >= pictures.size()) {
            return Optional.empty();
        }
        int end = Math.min(pictures.size(), first + batchSize);
        // One picture is read sooner by the thread that waits for it.
        Executor threads = pictures.size() == 1 ? Runnable::run : readers;
        return Optional.of(new Chunk(pictures.subList(first, end), first, encoding, threads));
    }

    @Override
    public void close() {
        readers.shutdown();
        // On the thread that has used it; its last task.
        Future<?> closing = network.submit(encoding::close);
        network.shutdown();
        Waiting.result(closing);
    }
}
