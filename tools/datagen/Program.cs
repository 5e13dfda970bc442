using GpuCtr.Datagen;

return await DatagenCommandLine.RunAsync(args, Console.Out, Console.Error);
