package io.contrast4j.data;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** Uncompressed pictures of one size, from one or more files that hold many of them. */
final class RawPictures implements Dataset {
    private final List<String> classes;
    private final PixelLayout layout;
    private final List<Part> parts;
    private final int[] firstOfPart;
    private final int[] labels;

    /** @param parts none of them empty; their samples follow each other */
    RawPictures(List<String> classes, PixelLayout layout, List<Part> parts) {
        this.classes = List.copyOf(classes);
        this.layout = layout;
        this.parts = List.copyOf(parts);
        this.firstOfPart = new int[parts.size()];
        int size = 0;
        for (int i = 0; i < parts.size(); i++) {
            firstOfPart[i] = size;
            size = Math.addExact(size, parts.get(i).labels.length);
        }
        this.labels = new int[size];
        for (int i = 0; i < parts.size(); i++) {
            int[] some = parts.get(i).labels;
            System.arraycopy(some, 0, labels, firstOfPart[i], some.length);
        }
    }

    /**
     * The pictures of one file.
     *
     * @param name for messages
     * @param content of the file
     * @param first where the pixels of the first picture are
     * @param stride from there to those of the next
     * @param labels one for each picture
     */
    record Part(String name, StoredBytes content, long first, int stride, int[] labels) {
        /** Pictures without anything between them. */
        static Part dense(String name, StoredBytes content, long first, PixelLayout layout, int[] labels) {
            return new Part(name, content, first, layout.size(), labels);
        }
    }

    @Override
    public int size() {
        return labels.length;
    }

    @Override
    public List<String> classes() {
        return classes;
    }

    @Override
    public int label(int index) {
        return labels[Objects.checkIndex(index, labels.length)];
    }

    @Override
    public Sample read(int index) throws IOException {
        int part = partOf(index);
        Part from = parts.get(part);
        long position = from.first + (long) (index - firstOfPart[part]) * from.stride;
        return new Sample(layout.toRgb(from.content.read(position, layout.size())), labels[index], index);
    }

    @Override
    public String describe(int index) {
        int part = partOf(index);
        return parts.get(part).name + ", picture " + (index - firstOfPart[part]);
    }

    private int partOf(int index) {
        int found = Arrays.binarySearch(firstOfPart, Objects.checkIndex(index, labels.length));
        return found >= 0 ? found : -found - 2;
    }
}
