// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

interface IToken {
    function transfer(address to, uint256 value) external returns (bool);
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// A constant-product market of two tokens: x * y never falls, three in a thousand of what comes in is the fee.
contract Pair {
    IToken public immutable token0;
    IToken public immutable token1;
    uint256 public reserve0;
    uint256 public reserve1;
    uint256 public shares;
    mapping(address => uint256) public sharesOf;

    event Added(address indexed who, uint256 amount0, uint256 amount1);
    event Swapped(address indexed who, bool zeroForOne, uint256 amountIn, uint256 amountOut);

    constructor(IToken a, IToken b) {
        token0 = a;
        token1 = b;
    }

    function add(uint256 amount0, uint256 amount1) external {
        token0.transferFrom(msg.sender, address(this), amount0);
        token1.transferFrom(msg.sender, address(this), amount1);
        uint256 minted = shares == 0 ? amount0 : (amount0 * shares) / reserve0;
        reserve0 += amount0;
        reserve1 += amount1;
        shares += minted;
        sharesOf[msg.sender] += minted;
        emit Added(msg.sender, amount0, amount1);
    }

    function swap(bool zeroForOne, uint256 amountIn, uint256 least) external returns (uint256 amountOut) {
        (uint256 x, uint256 y) = zeroForOne ? (reserve0, reserve1) : (reserve1, reserve0);
        uint256 counted = amountIn * 997;
        amountOut = (counted * y) / (x * 1000 + counted);
        require(amountOut >= least && amountOut < y, "price");
        if (zeroForOne) {
            (reserve0, reserve1) = (x + amountIn, y - amountOut);
            token0.transferFrom(msg.sender, address(this), amountIn);
            token1.transfer(msg.sender, amountOut);
        } else {
            (reserve1, reserve0) = (x + amountIn, y - amountOut);
            token1.transferFrom(msg.sender, address(this), amountIn);
            token0.transfer(msg.sender, amountOut);
        }
        emit Swapped(msg.sender, zeroForOne, amountIn, amountOut);
    }
}
