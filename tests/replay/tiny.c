/*
 * The program of the recorded sample stream: static, without a C library, so that its image is a few kilobytes and the
 * same everywhere. churn() has no frame: its caller is found by call-frame information alone.
 */
static volatile unsigned long sink;

__attribute__((noipa)) static unsigned long churn(unsigned long x)
{
	for (int i = 0; i < 500; i++)
		x = x * 6364136223846793005UL + 1442695040888963407UL;
	return x;
}

__attribute__((noipa)) static unsigned long with_frame(unsigned long x)
{
	sink += churn(x);
	return sink + 1;
}

__attribute__((noipa)) static unsigned long outer(unsigned long x)
{
	sink += with_frame(x + 1);
	__asm__ volatile("syscall" : : "a"(39L) : "rcx", "r11", "memory"); /* getpid */
	return sink + 2;
}

__attribute__((noreturn)) void _start(void)
{
	for (unsigned long i = 0; i < 250000; i++)
		outer(i);
	for (;;)
		__asm__ volatile("syscall" : : "a"(60L), "D"(0L));
}
