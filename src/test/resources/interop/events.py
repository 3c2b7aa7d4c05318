"""Prints what TensorBoard reads out of a folder of event files: a line for each scalar, histogram and image."""
import io
import sys

try:
    from PIL import Image
    from tensorboard.backend.event_processing import event_accumulator
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(2)

events = event_accumulator.EventAccumulator(sys.argv[1], size_guidance={"images": 0, "histograms": 0, "scalars": 0})
events.Reload()
tags = events.Tags()
for tag in tags["scalars"]:
    for point in events.Scalars(tag):
        print("scalar", tag, point.step, point.value)
for tag in tags["histograms"]:
    for point in events.Histograms(tag):
        values = point.histogram_value
        print("histogram", tag, point.step, values.min, values.max, values.num, values.sum, values.sum_squares,
              len(values.bucket_limit), sum(values.bucket))
for tag in tags["images"]:
    for point in events.Images(tag):
        picture = Image.open(io.BytesIO(point.encoded_image_string))
        print("image", tag, point.step, point.width, point.height, *picture.size, picture.getpixel((0, 0)))
