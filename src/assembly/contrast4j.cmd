@echo off
rem Starts contrast4j from any directory; all jars are in lib. bin/contrast4j is the same for bash.
setlocal
set "HERE=%~dp0.."
set "COMMIT="

set "JAVA=java"
if defined JAVA_HOME if exist "%JAVA_HOME%\bin\java.exe" set "JAVA=%JAVA_HOME%\bin\java.exe"
"%JAVA%" --version >nul 2>&1
if errorlevel 1 (
  echo contrast4j: no Java found; install a JDK 17 or later, or point JAVA_HOME to one. 1>&2
  exit /b 1
)

rem Why each of these is set is said in bin/contrast4j.
if not defined OPENBLAS_NUM_THREADS set "OPENBLAS_NUM_THREADS=1"
if not defined CUBLAS_WORKSPACE_CONFIG set "CUBLAS_WORKSPACE_CONFIG=:4096:8"
if not defined OPENCV_LOG_LEVEL set "OPENCV_LOG_LEVEL=SILENT"
set "FLAGS=-Dorg.bytedeco.javacpp.maxBytes=0 -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 -XX:+UseSerialGC -Xshare:auto"
if exist "%HERE%\lib\*-gpu.jar" set "FLAGS=%FLAGS% -Dorg.bytedeco.javacpp.platform.extension=-gpu"
if exist "%HERE%\commit" set /p COMMIT=<"%HERE%\commit"
if defined COMMIT set "FLAGS=%FLAGS% -Dcontrast4j.git=%COMMIT%"

"%JAVA%" %FLAGS% "-Dcontrast4j.home=%HERE%" %CONTRAST4J_JAVA_ARGS% -cp "%HERE%\lib\*" io.contrast4j.cli.Main %*
exit /b %ERRORLEVEL%
