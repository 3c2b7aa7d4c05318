/**
 * Pictures before they are tensors: OpenCV {@code Mat}s of H×W pixels in RGB order, three bytes a pixel.
 *
 * <p>A {@link io.contrast4j.image.Decoder} turns a file into such a Mat and refuses files that are damaged. A {@link
 * io.contrast4j.image.Transform} turns one Mat into another and takes its randomness from the generator it is given;
 * transforms are combined by {@link io.contrast4j.image.Compose} and named in configurations by {@link
 * io.contrast4j.image.Transform.Config}. All of them give the bytes that Pillow and torchvision give. What changes the
 * size of a picture ({@link io.contrast4j.image.RandomResizedCrop}, {@link io.contrast4j.image.Resize}) goes through
 * {@link io.contrast4j.image.Resampling}; what changes single pixels ({@link io.contrast4j.image.ColorJitter}, {@link
 * io.contrast4j.image.Grayscale}) sees them as whole numbers, which plain Java loops are fast with; {@link
 * io.contrast4j.image.GaussianBlur} goes from row to row. {@link io.contrast4j.image.RandAugment} draws from sixteen
 * operations; {@link io.contrast4j.image.Cutout} and {@link io.contrast4j.image.RandomErasing} cover parts. A {@link
 * io.contrast4j.image.ColorSpace} turns the final bytes into floating-point channels.
 *
 * <p>Crops and colours are where a loader spends its time after decoding. They work in arrays that each thread keeps, and
 * in loops that the compiler turns into vectors.
 *
 * <p>Every Mat made here belongs to the scope that is open on the calling thread; inputs are never changed.
 */
@NullMarked
package io.contrast4j.image;

import org.jspecify.annotations.NullMarked;
