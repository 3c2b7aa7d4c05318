# TensorBoard alone, which reads event files without TensorFlow.
FROM python:3.12.11-slim-bookworm
RUN pip install --no-cache-dir tensorboard==2.19.0 setuptools==80.9.0
USER 10001:0
EXPOSE 6006
ENTRYPOINT ["tensorboard"]
