package io.contrast4j.site;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Where a link of a page leads.
 *
 * @param address as it is written
 * @param external an address with a scheme, such as {@code https:}
 * @param path from the project's folder, with slashes; of an external address, nothing
 * @param anchor what stands behind {@code #}, or nothing
 */
record Target(String address, boolean external, String path, String anchor) {
    private static final Pattern SCHEME = Pattern.compile("^(?:[A-Za-z][A-Za-z0-9+.-]*:|//).*", Pattern.DOTALL);

    /** @param page the path of the page that the address stands in */
    static Target of(String page, String address) {
        if (SCHEME.matcher(address).matches()) {
            return new Target(address, true, "", "");
        }
        int hash = address.indexOf('#');
        String anchor = hash < 0 ? "" : address.substring(hash + 1);
        String file = hash < 0 ? address : address.substring(0, hash);
        if (file.isEmpty()) {
            return new Target(address, false, page, decoded(anchor));
        }
        Path resolved = Path.of("/" + page).resolveSibling(decoded(file)).normalize();
        boolean above = Path.of(page).resolveSibling(decoded(file)).normalize().startsWith("..");
        return new Target(address, false, above ? ".." : resolved.toString().substring(1), decoded(anchor));
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    boolean isMarkdown() {
        return path.endsWith(".md");
    }
}
