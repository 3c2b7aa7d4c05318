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

    /** Of the command line. */
    private final int exitCode;

    /**
     * An error without an exception behind it.
     *
     * @param exitCode {@link #USAGE} or {@link #FAILED}
     * @param message one sentence
     */
    public UserError(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /**
     * An error that an exception shows.
     *
     * @param exitCode {@link #USAGE} or {@link #FAILED}
     * @param message one sentence
     * @param cause for who looks for a bug
     */
    public UserError(int exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** {@return the code that the command line exits with} */
    public int exitCode() {
        return exitCode;
    }
}
