package io.contrast4j.checkpoint;

/**
 * A class that a file names. It is never looked up anywhere: the name is all there is.
 *
 * @param name with its module, as {@code pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint}
 */
public record PythonClass(String name) {
    @Override
    public String toString() {
        return "class " + name;
    }
}
