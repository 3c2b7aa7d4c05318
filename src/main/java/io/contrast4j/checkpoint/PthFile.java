package io.contrast4j.checkpoint;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The {@code .pth} files of PyTorch, whatever they are called ({@code .pt}, {@code .pth.tar}, {@code .ckpt}): a tree of
 * values, in a zip file of one pickle ({@code data.pkl}) and one record per storage ({@code data/0} …), or in the stream
 * of pickles and storages that PyTorch before 1.6 wrote. The zip file is written, both are read.
 *
 * <p>A tree is made of {@link Map} (keys: text, whole numbers, {@link Tuple}s of them), {@link OrderedDict}, {@link
 * java.util.List}, {@link Tuple}, {@link String}, whole numbers, {@link Double}, {@link Boolean}, {@code null}, {@link
 * Complex}, sets, {@code byte[]} and {@link Tensor}. What is written here, Python reads with {@code torch.load(file, weights_only=True)},
 * also with {@code mmap=True}; only a {@link Namespace}, which is written too, needs {@code weights_only=False}.
 */
public final class PthFile {
    private PthFile() {}

    /**
     * Writes the tree. Tensors may be on any device and of any layout; each is written as a contiguous one on the CPU, a
     * piece at a time. The file is there completely or not at all.
     *
     * @throws IOException if the file cannot be written; a file of that name is then as it was before
     */
    static void writeTo(Path file, Map<?, ? extends @Nullable Object> content) throws IOException {
        Pickler pickler = new Pickler();
        byte[] pickle = pickler.dump(content);
        AtomicFile.write(file, channel -> {
            ZipRecords records = new ZipRecords(channel);
            records.add("archive/data.pkl", pickle);
            records.add("archive/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
            int key = 0;
            for (Tensor tensor : pickler.tensors()) {
                records.add("archive/data/" + key++, tensor);
            }
            records.add("archive/version", "3\n".getBytes(StandardCharsets.US_ASCII));
            records.finish();
        });
    }

    /**
     * Writes the tree. Tensors may be on any device and of any layout; each is written as a contiguous one on the CPU, a
     * piece at a time. The file is there completely or not at all.
     *
     * @throws UserError if the file cannot be written; a file of that name is then as it was before
     */
    public static void write(Path file, Map<?, ? extends @Nullable Object> content) {
        try {
            writeTo(file, content);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    file + " could not be written (" + Reasons.of(failed) + "): " + Reasons.remedy(failed) + ".",
                    failed);
        }
    }

    /**
     * Reads a tree. Nothing in the file is executed. Besides the types that are written, {@link NumpyArray} is read; numpy
     * scalars become numbers, and types, devices and paths their names. Classes that are unknown here, and objects of
     * them, become inert {@link PythonClass}es and {@link PythonObject}s; names that no checkpoint needs are refused.
     *
     * <p>All tensors are on the CPU, whatever device they were saved from, do not record gradients, and belong to the
     * caller's scope. Tensors that shared a storage when they were saved share its memory again.
     *
     * @throws UserError if the file is missing, cannot be read, is damaged, or refers to anything but plain data
     */
    public static @Nullable Object read(Path file) {
        return with(file, PthReader::load);
    }

    /**
     * Reads the tree without its tensors, in whose places are {@link TensorInfo}s: of a file of any size that takes
     * milliseconds, and LibTorch is not needed.
     *
     * @throws UserError as {@link #read}
     */
    public static PthListing list(Path file) {
        return with(file, PthReader::listing);
    }

    /**
     * Reads some of the tensors of a file and nothing else. They are as those of {@link #read}.
     *
     * @param chosen from the {@link #list} of the file
     * @throws UserError as {@link #read}, and if the file has changed since
     */
    public static Map<String, Tensor> load(Path file, Map<String, TensorInfo> chosen) {
        return with(file, reader -> reader.load(chosen));
    }

    /**
     * Reads the whole file and checks all that can be checked: its structure, and the checksums of a zip file.
     *
     * @throws UserError as {@link #read}
     */
    public static PthListing verify(Path file) {
        return with(file, reader -> {
            reader.verify();
            return reader.listing();
        });
    }

    private interface Use<T extends @Nullable Object> {
        T of(PthReader reader) throws IOException;
    }

    private static <T extends @Nullable Object> T with(Path file, Use<T> use) {
        try (PthReader reader = PthReader.open(file)) {
            return use.of(reader);
        } catch (DamagedFile damage) {
            throw unreadable(file, damage.getMessage(), damage.remedy(), damage);
        } catch (NoSuchFileException missing) {
            throw new UserError(UserError.FAILED, file + " does not exist: name an existing checkpoint.", missing);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    file + " cannot be read (" + Reasons.of(failed) + "): check the file and its permissions.",
                    failed);
        }
    }

    /**
     * Reads a tree whose root is a dictionary, as that of a training checkpoint is.
     *
     * @throws UserError as {@link #read}, and if the root is something else
     */
    public static Map<?, ? extends @Nullable Object> readMap(Path file) {
        if (read(file) instanceof Map<?, ? extends @Nullable Object> map) {
            return map;
        }
        throw new UserError(
                UserError.FAILED, file + " holds no dictionary: name a training checkpoint or a state dict.");
    }

    /** What is damaged in a file, if anything: all that has a checksum is summed up, but no tensor is made. */
    static Optional<String> damage(Path file) {
        try (PthReader reader = PthReader.open(file)) {
            reader.verify();
            return Optional.empty();
        } catch (IOException damage) {
            return Optional.of(String.valueOf(damage.getMessage()));
        }
    }

    private static UserError unreadable(Path file, String reason, String remedy, IOException cause) {
        return new UserError(
                UserError.FAILED,
                file + " is not a checkpoint that can be read (" + reason + "): " + remedy + ".",
                cause);
    }
}
