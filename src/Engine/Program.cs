Console.WriteLine("gpu-ctr");
