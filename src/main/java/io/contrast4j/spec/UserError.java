package io.contrast4j.spec;

/**
 * Something the user can put right. The command line prints the message without a stack trace, and exits with {@link
 * #exitCode()}. The message is one sentence that names the key or file, the value, and what to do.
 */
public class UserError extends RuntimeException {
    /** Exit code of wrong usage or a wrong configuration. */
    public static final int USAGE = 2;

    /** Exit code of a run that failed. */
    public static final int FAILED = 1;

    private final int exitCode;

    public UserError(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    public UserError(int exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    public int exitCode() {
        return exitCode;
    }
}
