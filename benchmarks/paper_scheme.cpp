// The paper's scheme, written for speed: Euler-Maruyama in Ito form, pulled back to the sphere after each step,
// Gaussian noise from mt19937. It is the yardstick the compiled Python kernels are measured against.
//
//   c++ -O3 -march=native -std=c++17 paper_scheme.cpp -o paper_scheme
//   ./paper_scheme ax ay az bx by bz px pz c nu alpha dt steps seed
//
// prints "seconds S_P S_B" for one trajectory of that many steps: rates in units of eta T.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>

int main(int argc, char** argv) {
    if (argc != 15) {
        std::fprintf(stderr, "expected 14 numbers: ax ay az bx by bz px pz c nu alpha dt steps seed\n");
        return 2;
    }
    double value[14];
    for (int i = 0; i < 14; ++i) value[i] = std::atof(argv[i + 1]);
    const double ax = value[0], ay = value[1], az = value[2], bx = value[3], by = value[4], bz = value[5];
    const double px = value[6], pz = value[7], c = value[8], nu = value[9], alpha = value[10], dt = value[11];
    const long steps = std::atol(argv[13]);
    std::mt19937 engine(static_cast<unsigned>(std::atol(argv[14])));
    std::normal_distribution<double> gauss(0.0, std::sqrt(2.0 * dt));

    double x = 0.0, y = 0.0, z = 1.0, pumped = 0.0, heat = 0.0;
    const std::clock_t began = std::clock();  // processor time: other work on the machine does not count
    for (long step = 0; step < steps; ++step) {
        const double wx = gauss(engine), wy = gauss(engine), wz = gauss(engine);
        const double along = x * bx + y * by + z * bz + 2.0;
        double x1 = x + dt * (ay * z - az * y + bx - along * x) + (y * wz - z * wy);
        double y1 = y + dt * (az * x - ax * z + by - along * y) + (z * wx - x * wz);
        double z1 = z + dt * (ax * y - ay * x + bz - along * z) + (x * wy - y * wx);
        const double scale = 1.0 / std::sqrt(x1 * x1 + y1 * y1 + z1 * z1);
        x1 *= scale;
        y1 *= scale;
        z1 *= scale;
        pumped += px * x + pz * z;
        heat += px * (y * z1 - z * y1) + pz * (x * y1 - y * x1);
        x = x1;
        y = y1;
        z = z1;
    }
    const double seconds = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
    const double time = dt * static_cast<double>(steps);
    std::printf("%.9g %.17g %.17g\n", seconds, c * dt * pumped / time,
                (nu * (z - 1.0) - alpha * nu * heat) / time);
    return 0;
}
