import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The native libraries of an image. Needs a JDK and nothing else:
 *
 * <pre>
 * java Libraries.java unpack LIB NATIVES BASE      moves what contrast4j loads out of the jars of LIB to the folder NATIVES
 * java Libraries.java check NATIVES BASE           whether all of it will be found by the linker
 * </pre>
 *
 * <p>BASE is a list of what the image below holds: lines {@code library PACKAGE SONAME …}, {@code driver SONAME} for what the
 * NVIDIA container toolkit brings from the host, and {@code version PREFIX NUMBER}, the newest symbol versions of the C and C++
 * libraries. Unpacking leaves out what BASE holds. Exit code 1: something is missing, 2: wrong usage.
 */
public final class Libraries {
    private static final Pattern NATIVE_JAR = Pattern.compile(".+-linux-x86_64(-gpu)?\\.jar");
    private static final Pattern LIBRARY = Pattern.compile("org/bytedeco/\\w+/linux-x86_64(?:-gpu)?/(lib[^/]+\\.so[^/]*)");
    /** A symbol version that is a prefix and a number, such as GLIBC_2.34. */
    private static final Pattern NUMBERED = Pattern.compile("([A-Z]+)_(\\d+(?:\\.\\d+)*)");

    /** What JavaCPP loads for the classes that contrast4j uses; all else in the jars is not needed. */
    private static final List<String> ROOTS = List.of(
            "libjnijavacpp.so",
            "libjniopenblas.so",
            "libjniopenblas_nolapack.so",
            "libjnitorch.so",
            "libjnitorch_gloo.so",
            "libjniopencv_core.so",
            "libjniopencv_imgproc.so",
            "libjniopencv_imgcodecs.so",
            "libtorch.so",
            "libgomp.so.1");

    /** The same of the CUDA build; the linear algebra is loaded by LibTorch itself when it is first used. */
    private static final List<String> GPU_ROOTS = List.of(
            "libtorch_cuda.so",
            "libtorch_cuda_linalg.so",
            "libjnitorch_cuda.so",
            "libjnitorch_nccl.so",
            "libjnicudart.so",
            "libjnicublas.so",
            "libjnicudnn.so",
            "libjnicusolver.so",
            "libjnicusparse.so",
            "libjnicupti.so",
            "libjninccl.so");

    /** OpenBLAS has LAPACK in it; JavaCPP makes this link in its cache, too. */
    private static final Map<String, String> LINKS = Map.of("libopenblas_nolapack.so.0", "libopenblas.so.0");

    private Libraries() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length == 4 && arguments[0].equals("unpack")) {
            unpack(Path.of(arguments[1]), Path.of(arguments[2]), Base.read(Path.of(arguments[3])));
        } else if (arguments.length == 3 && arguments[0].equals("check")) {
            System.exit(check(Path.of(arguments[1]), Base.read(Path.of(arguments[2]))) ? 0 : 1);
        } else {
            System.err.println("usage: java Libraries.java unpack LIB NATIVES BASE | check NATIVES BASE");
            System.exit(2);
        }
    }

    // --- Unpacking ------------------------------------------------------------------------------------------------------

    private static void unpack(Path lib, Path natives, Base base) throws IOException {
        Files.createDirectories(natives);
        for (Path jar : files(lib, NATIVE_JAR)) {
            try (ZipFile zip = new ZipFile(jar.toFile())) {
                for (ZipEntry entry : zip.stream().sorted((a, b) -> a.getName().compareTo(b.getName())).toList()) {
                    Matcher name = LIBRARY.matcher(entry.getName());
                    if (name.matches() && !base.holds(name.group(1))) {
                        write(zip, entry, natives.resolve(name.group(1)));
                    }
                }
            }
            Files.delete(jar);
        }
        for (Map.Entry<String, String> link : LINKS.entrySet()) {
            Files.deleteIfExists(natives.resolve(link.getKey()));
            Files.createSymbolicLink(natives.resolve(link.getKey()), Path.of(link.getValue()));
        }
        Map<String, Elf> all = read(natives);
        boolean isGpu = all.containsKey(GPU_ROOTS.get(0));
        Set<String> needed = closure(all, isGpu);
        for (String name : all.keySet()) {
            if (!needed.contains(name)) {
                Files.delete(natives.resolve(name));
            }
        }
        System.out.printf("%d native libraries, %d MB, %s%n", needed.size(), megabytes(natives), isGpu ? "for CUDA" : "for the CPU");
    }

    private static void write(ZipFile zip, ZipEntry entry, Path to) throws IOException {
        if (Files.exists(to)) {
            // The same library of two jars, such as libgomp.
            return;
        }
        try (InputStream in = zip.getInputStream(entry)) {
            Files.copy(in, to);
        }
        Files.setLastModifiedTime(to, entry.getLastModifiedTime());
    }

    private static Set<String> closure(Map<String, Elf> all, boolean isGpu) {
        Set<String> needed = new TreeSet<>(LINKS.keySet());
        Deque<String> left = new ArrayDeque<>(ROOTS);
        left.addAll(LINKS.values());
        if (isGpu) {
            left.addAll(GPU_ROOTS);
        }
        for (String root : left) {
            if (!all.containsKey(root)) {
                throw new IllegalStateException(root + " is in none of the jars");
            }
        }
        while (!left.isEmpty()) {
            String name = left.remove();
            if (needed.add(name)) {
                all.get(name).needed().stream().filter(all::containsKey).forEach(left::add);
            }
        }
        return needed;
    }

    // --- Checking -------------------------------------------------------------------------------------------------------

    private static boolean check(Path natives, Base base) throws IOException {
        Map<String, Elf> all = read(natives);
        List<String> gaps = new ArrayList<>();
        boolean isGpu = all.containsKey(GPU_ROOTS.get(0));
        for (String root : isGpu ? Stream.concat(ROOTS.stream(), GPU_ROOTS.stream()).toList() : ROOTS) {
            if (!all.containsKey(root)) {
                gaps.add(root + " is not in " + natives);
            }
        }
        Map<String, Set<String>> fromBase = new TreeMap<>();
        Map<String, String> newest = new TreeMap<>();
        int own = 0;
        for (Map.Entry<String, Elf> library : all.entrySet()) {
            for (String needed : library.getValue().needed()) {
                if (all.containsKey(needed)) {
                    own++;
                } else if (base.holds(needed)) {
                    fromBase.computeIfAbsent(base.origin(needed), origin -> new TreeSet<>()).add(needed);
                } else {
                    gaps.add(library.getKey() + " needs " + needed + ", which nothing holds");
                }
            }
            library.getValue().versions().forEach((from, versions) -> versions.forEach(version -> {
                Elf provider = all.get(from);
                Matcher numbered = NUMBERED.matcher(version);
                if (provider != null) {
                    if (!provider.defined().isEmpty() && !provider.defined().contains(version)) {
                        gaps.add(library.getKey() + " needs version " + version + " of " + from + ", which has it not");
                    }
                } else if (numbered.matches()) {
                    newest.merge(numbered.group(1), numbered.group(2), Libraries::newer);
                    String limit = base.newest().get(numbered.group(1));
                    if (limit == null || !newer(limit, numbered.group(2)).equals(limit)) {
                        gaps.add(library.getKey() + " needs " + version + " of " + from + ", the base has "
                                + (limit == null ? "none that is known" : limit));
                    }
                }
            }));
        }
        System.out.printf("%d libraries, %d MB, %s; needs among them: %d%n", all.size(), megabytes(natives),
                isGpu ? "for CUDA" : "for the CPU", own);
        fromBase.forEach((origin, names) -> System.out.printf("  %-28s %s%n", origin, String.join(" ", names)));
        newest.forEach((prefix, number) ->
                System.out.printf("  %-28s needed %s, the base has %s%n", prefix, number, base.newest().get(prefix)));
        gaps.stream().distinct().forEach(gap -> System.out.println("MISSING: " + gap));
        System.out.println(gaps.isEmpty() ? "Nothing is missing." : gaps.size() + " gaps.");
        return gaps.isEmpty();
    }

    private static String newer(String a, String b) {
        int[] first = numbers(a);
        int[] second = numbers(b);
        for (int i = 0; i < Math.max(first.length, second.length); i++) {
            int difference = Integer.compare(i < first.length ? first[i] : 0, i < second.length ? second[i] : 0);
            if (difference != 0) {
                return difference > 0 ? a : b;
            }
        }
        return a;
    }

    private static int[] numbers(String version) {
        return Stream.of(version.split("\\.")).mapToInt(Integer::parseInt).toArray();
    }

    // --- Files ----------------------------------------------------------------------------------------------------------

    /** By file name, which the linker looks for; links included. */
    private static Map<String, Elf> read(Path folder) throws IOException {
        Map<String, Elf> all = new TreeMap<>();
        for (Path file : files(folder, Pattern.compile("lib.+\\.so.*"))) {
            all.put(file.getFileName().toString(), Elf.read(file));
        }
        return all;
    }

    private static List<Path> files(Path folder, Pattern name) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> name.matcher(file.getFileName().toString()).matches()).sorted().toList();
        }
    }

    private static long megabytes(Path folder) throws IOException {
        long bytes = 0;
        for (Path file : files(folder, Pattern.compile(".*"))) {
            bytes += Files.isSymbolicLink(file) ? 0 : Files.size(file);
        }
        return bytes / 1_000_000;
    }

    /**
     * What an image holds.
     *
     * @param libraries names of libraries to what they come with
     * @param newest prefixes of symbol versions to the newest number
     */
    private record Base(Map<String, String> libraries, Map<String, String> newest) {
        static Base read(Path file) throws IOException {
            Map<String, String> libraries = new HashMap<>();
            Map<String, String> newest = new HashMap<>();
            for (String line : Files.readAllLines(file)) {
                String[] words = line.replaceFirst("#.*", "").strip().split("\\s+");
                switch (words[0]) {
                    case "" -> {}
                    case "library" -> Stream.of(words).skip(2).forEach(name -> libraries.put(name, words[1]));
                    case "driver" -> Stream.of(words).skip(1).forEach(name -> libraries.put(name, "the driver"));
                    case "version" -> newest.put(words[1], words[2]);
                    default -> throw new IOException(file + ": '" + words[0] + "' is not one of library, driver, version");
                }
            }
            return new Base(libraries, newest);
        }

        boolean holds(String name) {
            return libraries.containsKey(name);
        }

        String origin(String name) {
            return libraries.get(name);
        }
    }

    /**
     * What the dynamic section of a shared object says.
     *
     * @param needed names of the libraries it is linked with
     * @param versions names of libraries to the symbol versions it needs of them
     * @param defined the symbol versions it has
     */
    private record Elf(List<String> needed, Map<String, Set<String>> versions, Set<String> defined) {
        private static final int PT_LOAD = 1;
        private static final int PT_DYNAMIC = 2;
        private static final long DT_NEEDED = 1;
        private static final long DT_STRTAB = 5;
        private static final long DT_VERDEF = 0x6ffffffcL;
        private static final long DT_VERDEFNUM = 0x6ffffffdL;
        private static final long DT_VERNEED = 0x6ffffffeL;
        private static final long DT_VERNEEDNUM = 0x6fffffffL;

        static Elf read(Path file) throws IOException {
            try (FileChannel channel = FileChannel.open(file)) {
                ByteBuffer bytes =
                        channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()).order(ByteOrder.LITTLE_ENDIAN);
                if (bytes.getInt(0) != 0x464c457f || bytes.get(4) != 2) {
                    throw new IOException(file + " is no 64-bit ELF file");
                }
                return new Reader(bytes).read();
            }
        }

        private static final class Reader {
            private final ByteBuffer bytes;
            /** Loaded segments: address, offset in the file, length. */
            private final List<long[]> segments = new ArrayList<>();

            Reader(ByteBuffer bytes) {
                this.bytes = bytes;
            }

            Elf read() {
                long dynamic = 0;
                int headers = (int) bytes.getLong(32);
                for (int i = 0; i < bytes.getShort(56); i++) {
                    int header = headers + i * bytes.getShort(54);
                    int type = bytes.getInt(header);
                    if (type == PT_LOAD) {
                        segments.add(new long[] {
                            bytes.getLong(header + 16), bytes.getLong(header + 8), bytes.getLong(header + 32)
                        });
                    } else if (type == PT_DYNAMIC) {
                        dynamic = bytes.getLong(header + 8);
                    }
                }
                List<Long> neededAt = new ArrayList<>();
                Map<Long, Long> tags = new HashMap<>();
                for (int at = (int) dynamic; bytes.getLong(at) != 0; at += 16) {
                    if (bytes.getLong(at) == DT_NEEDED) {
                        neededAt.add(bytes.getLong(at + 8));
                    } else {
                        tags.put(bytes.getLong(at), bytes.getLong(at + 8));
                    }
                }
                int strings = offset(tags.get(DT_STRTAB));
                return new Elf(
                        neededAt.stream().map(at -> text(strings + at.intValue())).toList(),
                        needs(tags, strings),
                        definitions(tags, strings));
            }

            private Map<String, Set<String>> needs(Map<Long, Long> tags, int strings) {
                Map<String, Set<String>> needs = new LinkedHashMap<>();
                int at = tags.containsKey(DT_VERNEED) ? offset(tags.get(DT_VERNEED)) : 0;
                for (long left = tags.getOrDefault(DT_VERNEEDNUM, 0L); left > 0; left--) {
                    Set<String> versions = new TreeSet<>();
                    int one = at + bytes.getInt(at + 8);
                    for (int count = bytes.getShort(at + 2); count > 0; count--) {
                        versions.add(text(strings + bytes.getInt(one + 8)));
                        one += bytes.getInt(one + 12);
                    }
                    needs.put(text(strings + bytes.getInt(at + 4)), versions);
                    at += bytes.getInt(at + 12);
                }
                return needs;
            }

            private Set<String> definitions(Map<Long, Long> tags, int strings) {
                Set<String> defined = new TreeSet<>();
                int at = tags.containsKey(DT_VERDEF) ? offset(tags.get(DT_VERDEF)) : 0;
                for (long left = tags.getOrDefault(DT_VERDEFNUM, 0L); left > 0; left--) {
                    defined.add(text(strings + bytes.getInt(at + bytes.getInt(at + 12))));
                    at += bytes.getInt(at + 16);
                }
                return defined;
            }

            private int offset(long address) {
                return segments.stream()
                        .filter(segment -> address >= segment[0] && address < segment[0] + segment[2])
                        .mapToInt(segment -> (int) (address - segment[0] + segment[1]))
                        .findFirst()
                        .orElseThrow();
            }

            private String text(int at) {
                int end = at;
                while (bytes.get(end) != 0) {
                    end++;
                }
                byte[] text = new byte[end - at];
                bytes.get(at, text);
                return new String(text, StandardCharsets.UTF_8);
            }
        }
    }
}
