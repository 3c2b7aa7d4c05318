package io.contrast4j.checkpoint;

import io.contrast4j.tensor.Scope;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;

/**
 * Moves the bytes of a tensor between memory and a channel, a piece at a time, so that a tensor may be larger than a
 * Java buffer (2 GiB). Little-endian, as every platform LibTorch runs on.
 */
final class TensorBytes {
    private static final int PIECE = 1 << 24;
    private static final int LARGE_PIECE = 1 << 30;

    private TensorBytes() {}

    /** Something that takes the bytes of a tensor in order. */
    interface Sink {
        void accept(ByteBuffer piece) throws IOException;
    }

    /** Hands the elements in row-major order to the sink; from another device or with gaps they are copied first. */
    static void forEachPiece(Tensor tensor, Sink sink) throws IOException {
        try (Scope scope = Scope.open()) {
            Tensor host = tensor.detach().cpu().contiguous();
            long size = host.nbytes();
            for (long at = 0; at < size; at += PIECE) {
                sink.accept(piece(host, at, Math.min(PIECE, size - at)));
            }
        }
    }

    static void write(Tensor tensor, WritableByteChannel to) throws IOException {
        forEachPiece(tensor, piece -> {
            while (piece.hasRemaining()) {
                to.write(piece);
            }
        });
    }

    /** Fills a contiguous CPU tensor with the next bytes of the channel. */
    static void fill(Tensor tensor, ReadableByteChannel from) throws IOException {
        long size = tensor.nbytes();
        for (long at = 0; at < size; at += PIECE) {
            ByteBuffer piece = piece(tensor, at, Math.min(PIECE, size - at));
            while (piece.hasRemaining()) {
                if (from.read(piece) < 0) {
                    throw new EOFException("the file ends within a tensor");
                }
            }
        }
    }

    /** The memory of a contiguous CPU tensor, in pieces that fit a buffer. */
    static List<ByteBuffer> pieces(Tensor tensor) {
        List<ByteBuffer> pieces = new ArrayList<>();
        long size = tensor.nbytes();
        for (long at = 0; at < size; at += LARGE_PIECE) {
            pieces.add(piece(tensor, at, Math.min(LARGE_PIECE, size - at)));
        }
        return pieces;
    }

    private static ByteBuffer piece(Tensor tensor, long at, long length) {
        // Moved by address: a buffer made from a position would count from the start, and end at 2 GiB.
        BytePointer bytes = new BytePointer(tensor.data_ptr()).getPointer(at);
        return bytes.capacity(length).asByteBuffer();
    }
}
