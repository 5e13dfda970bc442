@rem gpu-box.cmd [DEVICE] [FOLDER]: as gpu-box.sh, on Windows, without further options.
@setlocal
@set device=%~1
@if "%device%"=="" set device=cuda
@set folder=%~2
@if "%folder%"=="" set folder=results
@"%~dp0app\bench.exe" box --device %device% --out "%folder%"
