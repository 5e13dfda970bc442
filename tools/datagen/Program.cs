Console.WriteLine("datagen");
