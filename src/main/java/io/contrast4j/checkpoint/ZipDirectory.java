package io.contrast4j.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The records of a zip file and where their bytes are, which the JDK does not tell. Strict: every record must be stored
 * as it is, lie within the file, and overlap no other. Names are names: nothing is ever unpacked.
 */
final class ZipDirectory {
    private static final int END = 0x06054b50;
    private static final int ZIP64_END = 0x06064b50;
    private static final int ZIP64_LOCATOR = 0x07064b50;
    private static final int ENTRY = 0x02014b50;
    private static final int LOCAL = 0x04034b50;
    private static final int LONGEST_COMMENT = 0xFFFF;
    private static final long UNSIGNED_INT = 0xFFFF_FFFFL;
    private static final int LARGEST_DIRECTORY = 1 << 27;

    private final FileBytes file;
    private final Map<String, Extent> records = new LinkedHashMap<>();

    /** @throws DamagedFile if it is no zip file, or one that breaks a rule */
    ZipDirectory(FileBytes file) throws IOException {
        this.file = file;
        Place place = place();
        ByteBuffer directory = file.take(place.begin, place.size);
        List<Entry> entries = new ArrayList<>();
        for (long i = 0; i < place.count; i++) {
            entries.add(entry(directory));
        }
        if (directory.hasRemaining()) {
            throw damaged();
        }
        locate(entries, place.begin);
    }

    /** The records in the order of the directory. */
    Collection<Extent> records() {
        return records.values();
    }

    Optional<Extent> find(String name) {
        return Optional.ofNullable(records.get(name));
    }

    private record Place(long begin, int size, long count) {}

    private record Entry(String name, long local, long size, int crc) {}

    private Place place() throws IOException {
        int tailSize = (int) Math.min(file.size(), 22 + LONGEST_COMMENT);
        long tailBegin = file.size() - tailSize;
        ByteBuffer tail = file.take(tailBegin, tailSize);
        for (int at = tailSize - 22; at >= 0; at--) {
            if (tail.getInt(at) == END && at + 22 + unsignedShort(tail, at + 20) == tailSize) {
                return place(tail, at, tailBegin + at);
            }
        }
        throw new DamagedFile("its end, where the directory of a zip file is, is missing");
    }

    private Place place(ByteBuffer tail, int at, long end) throws IOException {
        long count = unsignedShort(tail, at + 10);
        long size = unsignedInt(tail, at + 12);
        long begin = unsignedInt(tail, at + 16);
        if (end >= 20) {
            ByteBuffer locator = file.take(end - 20, 20);
            if (locator.getInt(0) == ZIP64_LOCATOR) {
                ByteBuffer large = file.take(locator.getLong(8), 56);
                if (large.getInt(0) != ZIP64_END) {
                    throw damaged();
                }
                count = large.getLong(32);
                size = large.getLong(40);
                begin = large.getLong(48);
            }
        }
        if (begin < 0 || size < 0 || size > LARGEST_DIRECTORY || begin > end - size || count < 0 || count > size / 46) {
            throw damaged();
        }
        return new Place(begin, (int) size, count);
    }

    private static Entry entry(ByteBuffer directory) throws DamagedFile {
        int at = directory.position();
        if (directory.remaining() < 46 || directory.getInt(at) != ENTRY) {
            throw damaged();
        }
        int nameLength = unsignedShort(directory, at + 28);
        int extraLength = unsignedShort(directory, at + 30);
        int length = 46 + nameLength + extraLength + unsignedShort(directory, at + 32);
        if (length > directory.remaining()) {
            throw damaged();
        }
        byte[] name = new byte[nameLength];
        directory.get(at + 46, name);
        String text = new String(name, StandardCharsets.UTF_8);
        long packed = unsignedInt(directory, at + 20);
        long size = unsignedInt(directory, at + 24);
        long local = unsignedInt(directory, at + 42);
        ByteBuffer large = zip64(directory, at + 46 + nameLength, extraLength);
        // Only what does not fit its field is in the other one, in this order.
        size = size == UNSIGNED_INT ? next(large) : size;
        packed = packed == UNSIGNED_INT ? next(large) : packed;
        local = local == UNSIGNED_INT ? next(large) : local;
        if (unsignedShort(directory, at + 10) != 0) {
            throw new DamagedFile("its record " + text + " is compressed, which torch.save never does");
        }
        if ((unsignedShort(directory, at + 8) & 1) != 0 || packed != size) {
            throw new DamagedFile("its record " + text + " is encrypted or packed");
        }
        directory.position(at + length);
        return new Entry(text, local, size, directory.getInt(at + 16));
    }

    /** The extra field with 64-bit numbers; empty if there is none. */
    private static ByteBuffer zip64(ByteBuffer directory, int begin, int length) throws DamagedFile {
        int at = begin;
        int end = begin + length;
        while (at + 4 <= end) {
            int size = unsignedShort(directory, at + 2);
            if (at + 4 + size > end) {
                throw damaged();
            }
            if (unsignedShort(directory, at) == 1) {
                return directory.slice(at + 4, size).order(directory.order());
            }
            at += 4 + size;
        }
        return ByteBuffer.allocate(0);
    }

    private static long next(ByteBuffer large) throws DamagedFile {
        if (large.remaining() < 8) {
            throw damaged();
        }
        return large.getLong();
    }

    /** A record's bytes begin after its own header, which must have the same name. */
    private void locate(List<Entry> entries, long directoryBegin) throws IOException {
        List<Entry> byPlace = new ArrayList<>(entries);
        byPlace.sort(Comparator.comparingLong(Entry::local));
        long free = 0;
        Map<Entry, Extent> extents = new LinkedHashMap<>();
        for (Entry entry : byPlace) {
            byte[] name = entry.name.getBytes(StandardCharsets.UTF_8);
            ByteBuffer local = file.take(entry.local, 30 + name.length);
            int nameLength = unsignedShort(local, 26);
            if (local.getInt(0) != LOCAL
                    || nameLength != name.length
                    || !local.slice(30, nameLength).equals(ByteBuffer.wrap(name))) {
                throw damaged();
            }
            long begin = entry.local + 30 + nameLength + unsignedShort(local, 28);
            if (entry.size < 0 || begin > directoryBegin || entry.size > directoryBegin - begin) {
                throw new DamagedFile("its record " + entry.name + " claims to be larger than the file");
            }
            if (entry.local < free) {
                throw new DamagedFile("its record " + entry.name + " overlaps another one");
            }
            free = begin + entry.size;
            extents.put(entry, new Extent(entry.name, begin, entry.size, OptionalInt.of(entry.crc)));
        }
        for (Entry entry : entries) {
            Extent extent = extents.get(entry);
            if (extent == null || records.put(entry.name, extent) != null) {
                throw new DamagedFile("it has two records named " + entry.name);
            }
        }
    }

    private static DamagedFile damaged() {
        return new DamagedFile("its zip directory is damaged");
    }

    private static int unsignedShort(ByteBuffer bytes, int at) {
        return bytes.getShort(at) & 0xFFFF;
    }

    private static long unsignedInt(ByteBuffer bytes, int at) {
        return bytes.getInt(at) & UNSIGNED_INT;
    }
}
