package io.contrast4j.prepare;

import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * A data set that can be had without asking, as its makers published it.
 *
 * @param name what the user calls it
 * @param about one line
 * @param from where its files are: addresses that a file's name is appended to, the first to be tried first
 * @param folder what its files are put into; for sets of several files, whose names other sets have too
 * @param files at least one
 */
public record Archive(String name, String about, List<URI> from, Optional<String> folder, List<Item> files) {
    /**
     * One file.
     *
     * @param name also in its address
     * @param bytes its size, to be shown; 0 if it is not known
     * @param checksum of the whole file
     * @param unpacks the folder that is in it; empty if it is read as it is
     */
    public record Item(String name, long bytes, Checksum checksum, Optional<String> unpacks) {}

    /** Whether this is an address that files can be fetched from. */
    public static boolean isAddress(URI address) {
        String scheme = String.valueOf(address.getScheme());
        return (scheme.equals("http") || scheme.equals("https")) && address.getHost() != null;
    }

    /** The size of all files. */
    public long bytes() {
        return files.stream().mapToLong(Item::bytes).sum();
    }
}
